import { selectSchemaRules } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { fromRow } from '../user-row.ts'
import type { SampledUser } from './compute-user-statistics.ts'

/** The oldest and the newest users of a pool, `size` in total. The sample is the same each time, unless users come or go. */
export async function sampleUsers(db: Db | Tx, poolId: string, size: number): Promise<readonly SampledUser[]> {
  const half = (direction: 'asc' | 'desc') =>
    db
      .selectFrom('user')
      .selectAll()
      .select(selectSchemaRules)
      .where('pool_id', '=', poolId)
      .orderBy('sub', direction)
      .limit(size / 2)
      .execute()
  const rows = new Map([...(await half('asc')), ...(await half('desc'))].map((row) => [row.sub, row]))
  const subs = [...rows.keys()]
  if (subs.length === 0) return []
  const softwareTokens = await db
    .selectFrom('software_token')
    .select('sub')
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
    .where('secret', 'is not', null)
    .execute()
  const passkeys = await db.selectFrom('passkey').select('sub').where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
  const subsWithToken = new Set(softwareTokens.map(({ sub }) => sub))
  const passkeyCounts = new Map<string, number>()
  for (const { sub } of passkeys) passkeyCounts.set(sub, (passkeyCounts.get(sub) ?? 0) + 1)
  return [...rows.values()].map((row) => ({
    user: fromRow(row),
    hasSoftwareToken: subsWithToken.has(row.sub),
    passkeys: passkeyCounts.get(row.sub) ?? 0,
  }))
}
