import { PortabilityError } from '../portability-error.ts'
import { reasonOf } from '../store-rows.ts'

/** A restore that had removed the old pool has failed. Says so, besides the reason. */
export function poolGone(poolId: string, error: unknown): PortabilityError {
  return new PortabilityError(
    `The user pool ${poolId} was removed, and the one in the backup could not be stored: ${reasonOf(error)}. There is no user pool ${poolId} until the restore has ended. Run the command again.`,
    { cause: error },
  )
}
