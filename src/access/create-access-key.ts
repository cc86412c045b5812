import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type Credentials, hashSessionToken, newAccessKey } from './access-key.ts'
import { insertAccessKey } from './access-key-repository.ts'
import { fullAccessPolicy } from './policy.ts'
import { readPolicy } from './read-policy.ts'

type CreateAccessKeyInput = {
  /** A JSON policy document. A key without a policy may do everything. */
  readonly policy?: string | undefined
  readonly description: string
  /** Makes the key a temporary one, which has a session token and expires after this many seconds. Undefined: a long-lived key. */
  readonly sessionSeconds?: number | undefined
}

/**
 * Creates an access key. Only the returned value ever shows its secret and token.
 * @throws PolicyError when the policy cannot be enforced as it is written
 * @throws RangeError when `sessionSeconds` is not a positive whole number
 */
export async function createAccessKey(
  db: Db | Tx,
  secrets: Secrets,
  clock: Clock,
  input: CreateAccessKeyInput,
): Promise<Credentials & { expiresAt: number | undefined }> {
  const { policy = fullAccessPolicy, description, sessionSeconds } = input
  readPolicy(policy)
  if (sessionSeconds !== undefined && !(Number.isSafeInteger(sessionSeconds) && sessionSeconds > 0)) {
    throw new RangeError(`A session lasts a positive whole number of seconds, not ${sessionSeconds}.`)
  }
  const createdAt = clock.now()
  const expiresAt = sessionSeconds === undefined ? undefined : createdAt + sessionSeconds * 1000
  const credentials = newAccessKey(sessionSeconds === undefined ? 'long-lived' : 'session')
  const { id, secret, sessionToken } = credentials
  const sessionTokenHash = sessionToken === undefined ? undefined : hashSessionToken(secrets, id, sessionToken)
  await insertAccessKey(db, secrets, { id, description, policy, createdAt, expiresAt, secret, sessionTokenHash })
  return { ...credentials, expiresAt }
}
