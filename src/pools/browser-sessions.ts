import { hostedPagesOf, threatProtectionOf } from './extensions/pool-extensions.ts'
import type { Pool } from './pool.ts'
import { usesThreatProtection } from './tier-rules.ts'

/**
 * Whether a sign-out everywhere, and a new password, also end the user's sessions in browsers. At Cognito they do not. Here the pool may say
 * so. In pools where users can lock an attacker out by a notice, they always do: the attacker's browser may have such a session.
 */
export function endsBrowserSessions(pool: Pool): boolean {
  const { invalidFeedback, accountNotices } = threatProtectionOf(pool)
  const locksOut = invalidFeedback === 'SIGN_OUT_AND_RESET' || accountNotices.includes('EMAIL')
  return hostedPagesOf(pool).endSessionsOnSignOut || (locksOut && usesThreatProtection(pool.addOns))
}
