import { dayMs } from '../base/durations.ts'
import { uuidv7 } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { nameKey, type Pool } from '../pools/pool.ts'

/**
 * The stand-in for a name that nobody has, as good as always the same for the same name, so that limits count and SRP answers
 * look as they would for a real user (PreventUserExistenceErrors).
 */
export function decoySub(secrets: Secrets, pool: Pool, name: string, now: number): string {
  const key = nameKey(pool, name)
  const signedUpAt = signUpOf(secrets, pool, key, now)
  return uuidv7(signedUpAt, secrets.mac('decoy', pool.id, 'sub', key, String(signedUpAt)).subarray(0, 16))
}

/** Longer than any pool has existed: 35 years, in milliseconds. */
const longestAge = 2 ** 40

/**
 * When a stand-in seems to have signed up, which its `sub` tells as a user's does: some time since the pool began, always the same. Each
 * name has a fixed row of moments, each a random part of the one after it; the latest that has passed counts. On a logarithmic scale
 * they are a Poisson process, so at any time the stand-ins are spread evenly over the life of the pool, and a name whose next moment
 * has come looks like somebody who has just signed up.
 *
 * The row begins a day before the pool: in a new one the moments would follow each other too quickly.
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

/** The salt that goes with a `sub`: sixteen bytes that never begin with zero, as real salts do not. */
export function decoySalt(secrets: Secrets, pool: Pool, sub: string): Buffer {
  const salt = Buffer.from(secrets.mac('decoy', pool.id, 'salt', sub).subarray(0, 16))
  if (salt[0] === 0) salt[0] = 1
  return salt
}
