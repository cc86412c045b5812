import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { AccessRoleTable } from '../../storage/schema.ts'
import type { Role } from './role.ts'

type Row = Selectable<AccessRoleTable>

function fromRow(row: Row): Role {
  return {
    arn: row.arn,
    id: row.id,
    description: row.description,
    trustPolicy: row.trust_policy,
    policies: JSON.parse(row.policies) as Role['policies'],
    maxSessionSeconds: row.max_session_seconds,
    sessionGeneration: row.session_generation,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toRow(role: Role): Row {
  return {
    arn: role.arn,
    id: role.id,
    description: role.description,
    trust_policy: role.trustPolicy,
    policies: JSON.stringify(role.policies),
    max_session_seconds: role.maxSessionSeconds,
    session_generation: role.sessionGeneration,
    created_at: role.createdAt,
    updated_at: role.updatedAt,
  }
}

export async function findRole(db: Db | Tx, arn: string): Promise<Role | undefined> {
  const row = await db.selectFrom('access_role').selectAll().where('arn', '=', arn).executeTakeFirst()
  return row && fromRow(row)
}

/** Roles in the order of their ARNs, after the ARN `after`. */
export async function listRoles(db: Db, { after = '', limit }: { after: string | undefined; limit: number }): Promise<readonly Role[]> {
  const rows = await db.selectFrom('access_role').selectAll().where('arn', '>', after).orderBy('arn').limit(limit).execute()
  return rows.map(fromRow)
}

/** Stores a role that does not exist. False when another transaction created it meanwhile. */
export async function insertRole(tx: Tx, role: Role): Promise<boolean> {
  const query = tx.insertInto('access_role').values(toRow(role))
  const { numInsertedOrUpdatedRows } = await query.onConflict((conflict) => conflict.doNothing()).executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Replaces a role unless it changed since it was read. */
export async function replaceRole(tx: Tx, role: Role, before: Role): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('access_role')
    .set(toRow(role))
    .where('arn', '=', role.arn)
    .where('id', '=', before.id)
    .where('updated_at', '=', before.updatedAt)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** False when there was no such role. */
export async function deleteRole(tx: Tx, arn: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('access_role').where('arn', '=', arn).executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}
