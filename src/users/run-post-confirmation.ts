import type { Pool } from '../pools/pool.ts'
import { type ConfirmationSource, invokePostConfirmation } from '../triggers/post-confirmation.ts'
import type { CallerContext, Triggers } from '../triggers/trigger.ts'
import { triggerAttributesOf } from './trigger-attributes.ts'
import type { User } from './user.ts'

type Confirmation = { readonly pool: Pool; readonly user: User; readonly source: ConfirmationSource; readonly callerContext: CallerContext }

/**
 * Tells the pool's own code that a user has been confirmed, or has a new password. To be called after the commit: nothing is taken back
 * when it throws what a failing trigger throws.
 */
export async function runPostConfirmation(triggers: Triggers, { pool, user, source, callerContext }: Confirmation): Promise<void> {
  const { clientId, clientMetadata, userAgent } = callerContext
  const subject = { pool, clientId, username: user.username, sub: user.sub, userAgent }
  await invokePostConfirmation(triggers, subject, source, { userAttributes: triggerAttributesOf(pool, user), clientMetadata })
}
