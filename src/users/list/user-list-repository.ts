import type { Db } from '../../storage/db.ts'
import { longestKey } from '../search-index.ts'
import type { User } from '../user.ts'
import { fromRow } from '../user-row.ts'
import type { Filter } from './filter.ts'

/** Where a page ended: the search key and the `sub` of its last user; the key is empty when the list goes by `sub` alone. */
export type Position = { readonly key: string; readonly sub: string }

export type UserPage = { readonly users: readonly User[]; readonly next: Position | undefined }

/** Of all texts as long as a key can be, the last in bytewise order. */
const lastText = '\u{10FFFF}'.repeat(longestKey)

/** Where, in bytewise order, the texts end that begin with the prefix. */
const endOf = (prefix: string) => prefix + lastText

/** Up to `limit` users after `after`: by `sub`, which is the order of creation, or by the filtered attribute. */
export async function listUsers(
  db: Db,
  poolId: string,
  filter: Filter | undefined,
  limit: number,
  after: Position | undefined,
): Promise<UserPage> {
  return filter?.by === 'attribute' ? listByAttribute(db, poolId, filter, limit, after) : listBySub(db, poolId, filter, limit, after)
}

async function listBySub(
  db: Db,
  poolId: string,
  filter: Filter | undefined,
  limit: number,
  after: Position | undefined,
): Promise<UserPage> {
  let query = db
    .selectFrom('user')
    .selectAll()
    .where('pool_id', '=', poolId)
    .orderBy('sub')
    .limit(limit + 1)
  if (filter?.match === 'equal') query = query.where('sub', '=', filter.key)
  if (filter?.match === 'prefix') query = query.where('sub', '>=', filter.key).where('sub', '<=', endOf(filter.key))
  if (after !== undefined) query = query.where('sub', '>', after.sub)
  const rows = await query.execute()
  return page(
    rows.map((row) => ({ user: fromRow(row), key: '' })),
    limit,
  )
}

async function listByAttribute(
  db: Db,
  poolId: string,
  { name, match, key }: Extract<Filter, { by: 'attribute' }>,
  limit: number,
  after: Position | undefined,
): Promise<UserPage> {
  let entries = db
    .selectFrom('user_attribute')
    .select(['pool_id', 'sub', 'value_key'])
    .where('pool_id', '=', poolId)
    .where('name', '=', name)
    .orderBy('value_key')
    .orderBy('sub')
    .limit(limit + 1)
  if (match === 'equal') {
    entries = entries.where('value_key', '=', key)
    if (after !== undefined) entries = entries.where('sub', '>', after.sub)
  } else {
    entries = entries.where('value_key', '<=', endOf(key))
    // One comparison of both columns leads the engine straight to the page; a second lower bound could make it begin at the first page.
    entries =
      after === undefined
        ? entries.where('value_key', '>=', key)
        : entries.where((eb) => eb(eb.refTuple('value_key', 'sub'), '>', eb.tuple(after.key, after.sub)))
  }
  // The page is cut before the join: PostgreSQL joins whole tables where it expects few rows and finds many.
  const rows = await db
    .selectFrom(entries.as('entry'))
    .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'entry.pool_id').onRef('user.sub', '=', 'entry.sub'))
    .selectAll('user')
    .select('entry.value_key')
    .orderBy('entry.value_key')
    .orderBy('entry.sub')
    .execute()
  return page(
    rows.map((row) => ({ user: fromRow(row), key: row.value_key })),
    limit,
  )
}

function page(found: readonly { user: User; key: string }[], limit: number): UserPage {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const next = found.length > limit && last !== undefined ? { key: last.key, sub: last.user.sub } : undefined
  return { users: shown.map(({ user }) => user), next }
}
