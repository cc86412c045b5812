import type { UserPoolTable } from './schema.ts'

/** Primary key: id. Index: (due_at). A deleted pool whose rows in other tables the sweeper removes. */
export interface DeletedPoolTable extends UserPoolTable {
  deleted_at: number
  /** When the sweeper works on it next. */
  due_at: number
}

/** Primary key: (pool_id, member_key). Index: (due_at). A deleted group whose members the sweeper removes. */
export interface DeletedGroupTable {
  pool_id: string
  member_key: string
  due_at: number
}

/** Primary key: (pool_id, sub). Index: (due_at). A deleted user of whom the sweeper removes what is left. */
export interface DeletedUserTable {
  pool_id: string
  sub: string
  due_at: number
}
