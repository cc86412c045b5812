import type { GetRecoveryCodeStatusResponse } from '../../contract/generated/types.ts'
import type { RecoveryCodeSet } from './recovery-codes.ts'

/** The answer about the codes of a user; `CreatedAt` is left out when there are none. Nothing in it serves to sign in. */
export function writeRecoveryCodeStatus(set: RecoveryCodeSet | undefined): GetRecoveryCodeStatusResponse {
  return { Remaining: set?.hashes.length ?? 0, CreatedAt: set && new Date(set.createdAt) }
}
