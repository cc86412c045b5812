import { ApiError } from '../../contract/api-error.ts'
import type { AuthEventFeedback } from '../../protection/auth-event.ts'
import { type AuthEventKey, setFeedback } from '../../protection/auth-event-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'

/** @throws ApiError ResourceNotFoundException when the user has no such event. */
export async function storeFeedback(db: Db | Tx, key: AuthEventKey, feedback: AuthEventFeedback): Promise<void> {
  if (await setFeedback(db, key, feedback)) return
  throw new ApiError('ResourceNotFoundException', 'Authentication event not found.')
}
