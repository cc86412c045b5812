import { selectSchemaRulesOf } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Db } from '../../storage/db.ts'
import { longestKey } from '../search-index.ts'
import type { User } from '../user.ts'
import { fromRow } from '../user-row.ts'
import type { Filter } from './filter.ts'

/** Where a page ended: the search key and the `sub` of its last user. The key is empty when the list is sorted by `sub` alone. */
export type PageEnd = { readonly key: string; readonly sub: string }

type PageRequest = { readonly limit: number; readonly after: PageEnd | undefined }

export type UserPage = { readonly users: readonly User[]; readonly next: PageEnd | undefined }

/** In bytewise order, no search key comes after this text: the highest character, as often as the longest key has characters. */
const lastText = '\u{10FFFF}'.repeat(longestKey)

/** In bytewise order, no search key that begins with the prefix comes after this text. */
const endOf = (prefix: string) => prefix + lastText

/** One page of users, in the order of the filtered attribute, or else of `sub`, which is the order of creation. */
export async function listUsers(db: Db, poolId: string, filter: Filter | undefined, page: PageRequest): Promise<UserPage> {
  return filter?.by === 'attribute' ? listByAttribute(db, poolId, filter, page) : listBySub(db, poolId, filter, page)
}

async function listBySub(db: Db, poolId: string, filter: Filter | undefined, { limit, after }: PageRequest): Promise<UserPage> {
  let query = db
    .selectFrom('user')
    .selectAll()
    .select(selectSchemaRulesOf(poolId))
    .where('pool_id', '=', poolId)
    .orderBy('sub')
    .limit(limit + 1)
  if (filter?.match === 'equal') query = query.where('sub', '=', filter.key)
  if (filter?.match === 'prefix') query = query.where('sub', '>=', filter.key).where('sub', '<=', endOf(filter.key))
  if (after !== undefined) query = query.where('sub', '>', after.sub)
  const rows = await query.execute()
  return toPage(
    rows.map((row) => ({ user: fromRow(row), key: '' })),
    limit,
  )
}

async function listByAttribute(
  db: Db,
  poolId: string,
  { name, match, key }: Extract<Filter, { by: 'attribute' }>,
  { limit, after }: PageRequest,
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
    // `value_key` and `sub` are compared as a pair, so that the engine goes straight to the page. With a lower bound for each column, the
    // engine might read all pages before this one.
    entries =
      after === undefined
        ? entries.where('value_key', '>=', key)
        : entries.where((eb) => eb(eb.refTuple('value_key', 'sub'), '>', eb.tuple(after.key, after.sub)))
  }
  // The limit applies before the join. Otherwise PostgreSQL may join whole tables, when it wrongly expects few rows.
  const rows = await db
    .selectFrom(entries.as('entry'))
    .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'entry.pool_id').onRef('user.sub', '=', 'entry.sub'))
    .selectAll('user')
    .select(selectSchemaRulesOf(poolId))
    .select('entry.value_key')
    .orderBy('entry.value_key')
    .orderBy('entry.sub')
    .execute()
  return toPage(
    rows.map((row) => ({ user: fromRow(row), key: row.value_key })),
    limit,
  )
}

function toPage(found: readonly { user: User; key: string }[], limit: number): UserPage {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const next = found.length > limit && last !== undefined ? { key: last.key, sub: last.user.sub } : undefined
  return { users: shown.map(({ user }) => user), next }
}
