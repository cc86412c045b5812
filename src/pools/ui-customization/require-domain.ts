import { invalidParameter } from '../../contract/api-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { findDomainsOfPool } from '../domains/pool-domain-repository.ts'

/** Throws InvalidParameterException, with Cognito's words, when there are no pages to customize. */
export async function requireDomain(db: Db | Tx, poolId: string): Promise<void> {
  const domains = await findDomainsOfPool(db, poolId)
  if (domains.length === 0) throw invalidParameter('There has to be an existing domain associated with this user pool')
}
