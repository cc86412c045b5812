import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { findOwner } from '../user-name-repository.ts'
import { writeUser } from '../wire.ts'
import { type Filter, readFilter } from './filter.ts'
import { listUsers as findUsers, type PageEnd } from './user-list-repository.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog }

/** Cognito returns at most 60 users at once. Without a limit it returns up to 60 as well. */
const largestPage = 60
const tokenLifetimeMs = hourMs

/** Lists or searches users, in ascending order of the filtered attribute, or without a filter in the order of creation. */
export const listUsers = operation('ListUsers', {
  auth: 'iam',

  async handle(request, { db, clock, secrets, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const filter = await resolveMerged(db, pool, readFilter(request.Filter))
    const shown = request.AttributesToGet
    requireKnownAttributes(pool, shown ?? [])
    // A pagination token is valid only for the list that it came from: the same pool and filter.
    const list = JSON.stringify(['ListUsers', pool.id, request.Filter ?? ''])
    const after = request.PaginationToken === undefined ? undefined : readToken(secrets, request.PaginationToken, list, clock.now())
    const { users, next } = await findUsers(db, pool.id, filter, { limit: request.Limit || largestPage, after })
    const token = next && secrets.seal('pagination', JSON.stringify({ ...next, expiresAt: clock.now() + tokenLifetimeMs }), list)
    return {
      Users: users.map((user) => (shown === undefined ? writeUser(user) : selectAttributes(writeUser(user), shown))),
      PaginationToken: token,
    }
  },
})

/** A filter by the `sub` or username of a user who was merged into another one finds that other one. */
async function resolveMerged(db: Db, pool: Pool, filter: Filter | undefined): Promise<Filter | undefined> {
  if (filter?.match !== 'equal' || (filter.by === 'attribute' && filter.name !== 'username')) return filter
  const sub = await findOwner(db, pool, { kind: 'merged', key: nameKey(pool, filter.key) })
  return sub === undefined ? filter : { by: 'sub', match: 'equal', key: sub }
}

function readToken(secrets: Secrets, token: string, list: string, now: number): PageEnd {
  const content = secrets.open('pagination', token, list)
  if (content === undefined) throw new ApiError('InvalidParameterException', 'Invalid pagination token given.')
  const { key, sub, expiresAt } = JSON.parse(content.toString()) as PageEnd & { expiresAt: number }
  if (expiresAt <= now) throw new ApiError('InvalidParameterException', 'The pagination token has expired.')
  return { key, sub }
}

function requireKnownAttributes({ schema }: Pool, names: readonly string[]): void {
  if (!names.every((name) => schema.some((attribute) => attribute.name === name))) throw noSuchAttribute()
}

/**
 * The user with only the attributes in `names`; without attributes if `names` is empty.
 * @throws ApiError InvalidParameterException when the user lacks one of the attributes (observed; AWS says that this error is intended).
 */
function selectAttributes<W extends ReturnType<typeof writeUser>>(written: W, names: readonly string[]): W {
  const shown = written.Attributes.filter(({ Name }) => names.includes(Name ?? ''))
  if (shown.length < new Set(names).size) throw noSuchAttribute()
  return { ...written, Attributes: shown }
}

function noSuchAttribute(): ApiError {
  return new ApiError('InvalidParameterException', 'One or more requested attributes do not exist.')
}
