import type { Secrets } from '../base/secrets.ts'
import { type CodePurpose, issueCode } from '../messaging/codes.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db } from '../storage/db.ts'
import { decoySub } from './decoy.ts'

/**
 * Does for a name that nobody has what issuing a code does for a user, down to the commit, so that the time taken tells nothing.
 * The code reaches nobody and proves nothing: there is no user it would be looked up for. The sweeper removes it.
 */
export async function pretendToIssueCode(
  db: Db,
  secrets: Secrets,
  pool: Pool,
  { username, purpose, now, lifetimeMs }: { username: string; purpose: CodePurpose; now: number; lifetimeMs: number },
): Promise<void> {
  const sub = decoySub(secrets, pool, username)
  await db.transaction().execute((tx) => issueCode(tx, secrets, { poolId: pool.id, sub, purpose, now, lifetimeMs }))
}
