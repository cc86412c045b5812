import type { Db, Tx } from '../../storage/db.ts'
import { isRequestCategory, type RequestCategory } from './request-categories.ts'

/** The request rates by category. Categories whose rate was never set are missing. */
export async function listProvisionedLimits(db: Db | Tx): Promise<ReadonlyMap<RequestCategory, number>> {
  const rows = await db.selectFrom('provisioned_limit').select(['category', 'requests_per_second']).execute()
  const limits = new Map<RequestCategory, number>()
  for (const { category, requests_per_second } of rows) if (isRequestCategory(category)) limits.set(category, requests_per_second)
  return limits
}

export async function putProvisionedLimit(db: Db | Tx, category: RequestCategory, requestsPerSecond: number, now: number): Promise<void> {
  await db
    .insertInto('provisioned_limit')
    .values({ category, requests_per_second: requestsPerSecond, updated_at: now })
    .onConflict((conflict) => conflict.column('category').doUpdateSet({ requests_per_second: requestsPerSecond, updated_at: now }))
    .execute()
}
