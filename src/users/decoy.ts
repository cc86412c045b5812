import { uuidFromBytes } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { nameKey, type Pool } from '../pools/pool.ts'

/**
 * The stand-in for a name that nobody has, always the same for the same name, so that limits count and SRP answers
 * look as they would for a real user (PreventUserExistenceErrors).
 */
export function decoySub(secrets: Secrets, pool: Pool, name: string): string {
  return uuidFromBytes(secrets.mac('decoy', pool.id, 'sub', nameKey(pool, name)).subarray(0, 16))
}

/** Sixteen bytes that never begin with zero, as real salts do not. */
export function decoySalt(secrets: Secrets, pool: Pool, name: string): Buffer {
  const salt = Buffer.from(secrets.mac('decoy', pool.id, 'salt', nameKey(pool, name)).subarray(0, 16))
  if (salt[0] === 0) salt[0] = 1
  return salt
}
