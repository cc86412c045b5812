import { endsSessionsOnPasswordChange, hostedPagesOf, threatProtectionOf } from './extensions/pool-extensions.ts'
import type { Pool } from './pool.ts'
import { usesThreatProtection } from './tier-rules.ts'

/**
 * Whether a sign-out everywhere, and a new password, also end the user's sessions in browsers. At Cognito they do not. Here the pool may say
 * so, for the browsers alone or for all sessions. In pools where users can lock an attacker out by a notice, they always do: the attacker's
 * browser may have such a session.
 */
export function endsBrowserSessions(pool: Pool): boolean {
  const { invalidFeedback, accountNotices } = threatProtectionOf(pool)
  const locksOut = invalidFeedback === 'SIGN_OUT_AND_RESET' || accountNotices.includes('EMAIL')
  const isWanted = hostedPagesOf(pool).endSessionsOnSignOut || endsSessionsOnPasswordChange(pool)
  return isWanted || (locksOut && usesThreatProtection(pool.addOns))
}
