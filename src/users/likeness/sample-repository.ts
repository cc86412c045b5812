import type { Db, Tx } from '../../storage/db.ts'
import { fromRow } from '../user-row.ts'
import type { Sampled } from './draw-likeness.ts'

/** The oldest and the newest users of a pool, `size` together: always the same ones, as far as users stay. */
export async function sampleUsers(db: Db | Tx, poolId: string, size: number): Promise<readonly Sampled[]> {
  const end = (direction: 'asc' | 'desc') =>
    db
      .selectFrom('user')
      .selectAll()
      .where('pool_id', '=', poolId)
      .orderBy('sub', direction)
      .limit(size / 2)
      .execute()
  const rows = new Map([...(await end('asc')), ...(await end('desc'))].map((row) => [row.sub, row]))
  const subs = [...rows.keys()]
  if (subs.length === 0) return []
  const tokens = await db
    .selectFrom('software_token')
    .select('sub')
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
    .where('secret', 'is not', null)
    .execute()
  const passkeys = await db.selectFrom('passkey').select('sub').where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
  const withToken = new Set(tokens.map(({ sub }) => sub))
  const counts = new Map<string, number>()
  for (const { sub } of passkeys) counts.set(sub, (counts.get(sub) ?? 0) + 1)
  return [...rows.values()].map((row) => ({
    user: fromRow(row),
    hasSoftwareToken: withToken.has(row.sub),
    passkeys: counts.get(row.sub) ?? 0,
  }))
}
