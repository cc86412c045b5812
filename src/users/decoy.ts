import { dayMs } from '../base/durations.ts'
import { uuidv7 } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { nameKey, type Pool } from '../pools/pool.ts'

/**
 * The `sub` of the decoy for a name that no user has. It is stable for a given name until the decoy seems to sign up anew (see `signUpOf`).
 * So attempt limits and SRP answers look as they would for a user (PreventUserExistenceErrors).
 */
export function decoySub(secrets: Secrets, pool: Pool, name: string, now: number): string {
  const key = nameKey(pool, name)
  const signedUpAt = signUpOf(secrets, pool, key, now)
  return uuidv7(signedUpAt, secrets.mac('decoy', pool.id, 'sub', key, String(signedUpAt)).subarray(0, 16))
}

/** Longer than any pool has existed: 35 years, in milliseconds. */
const longestAge = 2 ** 40

/**
 * When a decoy seems to have signed up. The decoy's `sub` reveals this time, as the `sub` of a user does.
 *
 * Each name has a fixed series of times; the latest one in the past counts. When the next one has come, the decoy of the name looks like a
 * new user. The times are measured from a start, and each is a random fraction of the next one. So on a logarithmic scale the times are a
 * Poisson process, and at any moment the sign-ups of all decoys are spread evenly over the life of the pool.
 *
 * The start is a day before the pool was created. Otherwise the times in a new pool would follow each other too quickly.
 */
function signUpOf(secrets: Secrets, pool: Pool, key: string, now: number): number {
  const start = pool.createdAt - dayMs
  const age = Math.max(now - start, dayMs)
  let moment = longestAge
  for (let round = 0; ; round++) {
    const bytes = secrets.mac('decoy', pool.id, 'sign-ups', key, String(round))
    for (let at = 0; at < bytes.length; at += 4) {
      moment *= bytes.readUInt32BE(at) / 2 ** 32
      if (moment < age) return start + Math.floor(moment)
    }
  }
}

/** The salt of a decoy: sixteen bytes of which the first is not zero, as in real salts. */
export function decoySalt(secrets: Secrets, pool: Pool, sub: string): Buffer {
  const salt = Buffer.from(secrets.mac('decoy', pool.id, 'salt', sub).subarray(0, 16))
  if (salt[0] === 0) salt[0] = 1
  return salt
}
