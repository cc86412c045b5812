import type { Db } from '../../storage/db.ts'

type Key = { readonly poolId: string; readonly provider: string; readonly identityId: string }

/** The developer users of an identity, ordered by the hash of their identifiers, beginning after the hash `after`. */
export async function listDeveloperUsers(
  db: Db,
  { poolId, provider, identityId }: Key,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly { readonly id: string; readonly identifier: string }[]> {
  let query = db
    .selectFrom('identity_login')
    .select(['subject_key as id', 'subject as identifier'])
    .where('identity_pool_id', '=', poolId)
    .where('identity_id', '=', identityId)
    .where('provider', '=', provider)
    .orderBy('subject_key')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('subject_key', '>', page.after)
  return await query.execute()
}
