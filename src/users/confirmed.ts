import type { Occasion } from '../messaging/wording.ts'
import type { Pool } from '../pools/pool.ts'
import { askPostConfirmation, type ConfirmationSource } from '../triggers/post-confirmation.ts'
import type { Triggers } from '../triggers/trigger.ts'
import { triggerAttributesOf } from './trigger-attributes.ts'
import type { User } from './user.ts'

type Confirmation = { readonly pool: Pool; readonly user: User; readonly source: ConfirmationSource; readonly occasion: Occasion }

/**
 * Tells the pool's own code that a user has been confirmed, or has a new password. To be called after the commit: nothing is taken back
 * when it throws what a failing trigger throws.
 */
export async function tellConfirmed(triggers: Triggers, { pool, user, source, occasion }: Confirmation): Promise<void> {
  const { clientId, clientMetadata, userAgent } = occasion
  const subject = { pool, clientId, username: user.username, sub: user.sub, userAgent }
  await askPostConfirmation(triggers, subject, source, { userAttributes: triggerAttributesOf(pool, user), clientMetadata })
}
