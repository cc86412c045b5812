import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { RiskResponse, RiskSettings } from '../../pools/risk/risk-configuration.ts'
import { isInRanges } from '../../protection/risk/address-ranges.ts'
import type { RiskLevel } from '../../protection/risk/assessment.ts'
import type { AssessedRisk, RiskAssessor } from '../../protection/risk/risk-assessor.ts'
import type { Stuffing } from '../../protection/stuffing/stuffing.ts'
import type { Traits } from '../../protection/traits.ts'
import { traitsOf } from '../../protection/traits-of.ts'
import { hasSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import { passkeyCountsAsMfa } from '../../users/passkeys/passkey.ts'
import { queueRiskNotice, type RiskNoticeDeps } from '../../users/risk-notices/queue-risk-notice.ts'
import { consumeStateOrThrow } from '../complete-sign-in.ts'
import { hasSecondFactor } from '../second-factors.ts'
import type { SignIn, SignInProgress } from '../sign-in.ts'
import { recordBlocked, type SignInEventDeps } from '../sign-in-events.ts'
import type { ConsumableState } from '../sign-in-state.ts'
import { askableMfa } from './demanded-mfa.ts'
import type { SignInRisk } from './sign-in-risk.ts'

export type RiskDeps = SignInEventDeps &
  RiskNoticeDeps & {
    readonly pools: Pick<PoolCatalog, 'findRiskOf'>
    readonly risk: RiskAssessor
    readonly stuffing: Pick<Stuffing, 'reasonOf'>
  }

type Step = {
  /** The state that the answer came with. */
  readonly consumes: ConsumableState | undefined
  /** Whether the trigger functions of a custom sign-in have decided to issue tokens. */
  readonly isCustomDone: boolean
}

/**
 * Assesses the risk of a sign-in, unless that was done in an earlier call, and does what the risk configuration says. In mode AUDIT it only
 * records.
 *
 * @throws ApiError NotAuthorizedException (text as observed) when the sign-in is blocked.
 */
export async function respondToRisk(deps: RiskDeps, signIn: SignIn, { consumes, isCustomDone }: Step): Promise<SignIn> {
  const { context, user, progress } = signIn
  const { pool, client, ip } = context
  const mode = modeOf(pool, progress)
  if (mode === undefined || progress.risk !== undefined) return signIn
  const settings = await deps.pools.findRiskOf(pool, client)
  if (isInRanges(settings?.exceptions?.skipped, ip)) return signIn
  const traits = traitsOf(deps.places, context)
  const others = context.isServersIp ? [] : [deps.stuffing.reasonOf(pool.id, ip)]
  const assessed = await deps.risk.assess({ pool, sub: user.sub, traits, others })
  const response = mode === 'ENFORCED' ? responseTo(assessed.level, settings) : undefined
  const risk = { ...(await decide(deps, signIn, assessed, response)), isCustomDone }
  const after = { ...signIn, progress: { ...progress, risk } }
  if (risk.level !== undefined) deps.risk.log(pool, { ...risk, eventId: progress.eventId })
  if (risk.decision !== 'Block') {
    await notify(deps, after, { response, traits, settings })
    return after
  }
  // A state leads to one decision, and to one notice.
  if (consumes !== undefined) await consumeStateOrThrow(deps.db, consumes)
  await recordBlocked(deps, after)
  await notify(deps, after, { response, traits, settings })
  throw new ApiError('NotAuthorizedException', 'Unable to login because of security reasons.')
}

type Assessed = SignIn & { readonly progress: { readonly risk: SignInRisk } }

type Notice = {
  readonly response: RiskResponse | undefined
  readonly traits: Traits
  readonly settings: RiskSettings | undefined
}

/** Tells the user by e-mail what was done, if the response says so. */
async function notify(deps: RiskDeps, { context, user, progress }: Assessed, { response, traits, settings }: Notice): Promise<void> {
  if (response === undefined || !response.notify || progress.eventId === undefined) return
  const { pool, client, userAgent } = context
  const asksForMfa = response.action === 'MFA_REQUIRED' || response.action === 'MFA_IF_CONFIGURED'
  const hasMfa = asksForMfa && (progress.risk.demandsMfa || hasTwoFactors({ context, progress }))
  await queueRiskNotice(deps, {
    pool,
    client,
    user,
    event: { id: progress.eventId, at: deps.clock.now() },
    outcome: progress.risk.decision === 'Block' ? 'blocked' : hasMfa ? 'mfa' : 'allowed',
    traits,
    userAgent,
    notices: settings?.takeover?.notices,
  })
}

/** Custom sign-ins have a mode of their own. Undefined: sign-ins are not assessed. */
function modeOf({ addOns }: Pool, { custom }: SignInProgress): 'AUDIT' | 'ENFORCED' | undefined {
  if (addOns === undefined || addOns.advancedSecurityMode === 'OFF') return undefined
  return custom === undefined ? addOns.advancedSecurityMode : addOns.customAuthMode
}

function responseTo(level: RiskLevel | undefined, settings: RiskSettings | undefined): RiskResponse | undefined {
  switch (level) {
    case 'Low':
      return settings?.takeover?.low
    case 'Medium':
      return settings?.takeover?.medium
    case 'High':
      return settings?.takeover?.high
    default:
      return undefined
  }
}

/**
 * The decision by the response. A user who cannot be asked for a second factor is let in by MFA_IF_CONFIGURED, and is blocked by
 * MFA_REQUIRED. A risky sign-in offers no set-up of a factor: an attacker could set one up.
 */
async function decide(
  deps: RiskDeps,
  signIn: SignIn,
  { points, level, reasons, isFirst }: AssessedRisk,
  response: RiskResponse | undefined,
): Promise<Omit<SignInRisk, 'isCustomDone'>> {
  const action = response?.action ?? 'NO_ACTION'
  const wantsMfa = (action === 'MFA_REQUIRED' || action === 'MFA_IF_CONFIGURED') && !hasTwoFactors(signIn)
  const canMfa = wantsMfa && (await canBeAsked(deps, signIn))
  const isBlocked = action === 'BLOCK' || (action === 'MFA_REQUIRED' && wantsMfa && !canMfa)
  const decision = level === undefined ? 'NoRisk' : isBlocked ? 'Block' : 'AccountTakeover'
  return { points, level, reasons, isFirst, decision, demandsMfa: wantsMfa && canMfa }
}

const hasTwoFactors = ({ context: { pool }, progress: { proofs } }: Pick<SignIn, 'context' | 'progress'>): boolean =>
  hasSecondFactor(proofs) || (proofs[0] === 'WEB_AUTHN' && passkeyCountsAsMfa(pool))

async function canBeAsked({ db }: RiskDeps, signIn: SignIn): Promise<boolean> {
  return askableMfa(signIn, await hasSoftwareToken(db, signIn.user)).length > 0
}
