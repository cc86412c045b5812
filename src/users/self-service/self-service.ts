import { minuteMs } from '../../base/durations.ts'
import { ApiError } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { clientExtensionsOf } from '../../pools/client-extensions/client-extensions.ts'
import { selfServiceOf } from '../../pools/extensions/pool-extensions.ts'
import type { SelfServiceOperation, SelfServiceRule } from '../../pools/extensions/self-service.ts'
import type { Pool } from '../../pools/pool.ts'
import { passkeyCountsAsMfa } from '../passkeys/passkey.ts'

/** Whose rules count. The client is undefined where a request names none: then the rules of the pool count. */
export type SelfServiceOwner = {
  readonly pool: Pick<Pool, 'extensions' | 'schema'>
  readonly client: Pick<AppClient, 'extensions'> | undefined
}

/** What is known about the sign-in of a user who calls an operation. */
export type SelfServiceProof = {
  /** When the user signed in, in epoch milliseconds. Refreshed tokens keep this time. */
  readonly authTime: number
  readonly hasSecondFactor: boolean
}

/** The refusal of an operation that the pool or the app client does not let the user call. Pages have their own text for each verdict. */
export class SelfServiceRefusal extends ApiError {
  readonly verdict: RefusedVerdict

  constructor(code: 'NotAuthorizedException' | 'UnauthorizedException', message: string, verdict: RefusedVerdict) {
    super(code, message)
    this.verdict = verdict
  }
}

type RefusedVerdict = 'denied' | 'needs-fresh-sign-in' | 'needs-second-factor'
export type SelfServiceVerdict = 'allowed' | RefusedVerdict

/** The proof of a sign-in, as tokens and sessions of the hosted pages remember it: `authTime` in epoch seconds, and the `amr`. */
export function selfServiceProofOf(
  pool: Pick<Pool, 'webAuthn'>,
  { authTime, methods }: { readonly authTime: number; readonly methods: readonly string[] | undefined },
): SelfServiceProof {
  return { authTime: authTime * 1000, hasSecondFactor: provesSecondFactor(pool, methods ?? []) }
}

/** Whether the `amr` of a sign-in shows a second factor, or a passkey that counts as one. */
export const provesSecondFactor = (pool: Pick<Pool, 'webAuthn'>, methods: readonly string[]): boolean =>
  methods.includes('mfa') || (methods.includes('swk') && passkeyCountsAsMfa(pool))

/**
 * Whether the user may call the operation for themselves. Pages ask this, in order to show only what will work. `proof` is undefined where
 * nobody is signed in: an operation with a condition is then not allowed.
 */
export function maySelfServe(
  owner: SelfServiceOwner,
  operation: SelfServiceOperation,
  proof: SelfServiceProof | undefined,
  now: number,
): SelfServiceVerdict {
  const rule = ruleOf(owner, operation)
  if (rule === undefined) return 'allowed'
  if (!rule.isAllowed) return 'denied'
  // The second factor comes first: a new sign-in with it meets both conditions.
  if (rule.needsSecondFactor && !proof?.hasSecondFactor) return 'needs-second-factor'
  const { maxAuthAgeMinutes } = rule
  if (maxAuthAgeMinutes === undefined) return 'allowed'
  return proof !== undefined && now - proof.authTime <= maxAuthAgeMinutes * minuteMs ? 'allowed' : 'needs-fresh-sign-in'
}

/** Whether users cannot call the operation, whatever their sign-in. */
export function isSelfServiceOff(owner: SelfServiceOwner, operation: SelfServiceOperation): boolean {
  return ruleOf(owner, operation)?.isAllowed === false
}

/** Whether the pool or the client allows some operation only after a second factor. Tokens then say how the user signed in. */
export function asksForSecondFactor({ pool, client }: SelfServiceOwner): boolean {
  const rules = { ...selfServiceOf(pool).operations, ...(client && clientExtensionsOf(client).selfService.operations) }
  return Object.values(rules).some(({ isAllowed, needsSecondFactor }) => isAllowed && needsSecondFactor)
}

/**
 * Refuses what the pool or the app client does not let users do for themselves. The answer depends on settings and on the caller's own
 * sign-in only, so it does not tell whether a user exists.
 *
 * @throws ApiError NotAuthorizedException when the operation is turned off, or the sign-in does not meet its conditions
 */
export function requireSelfService(
  owner: SelfServiceOwner,
  operation: SelfServiceOperation,
  proof: SelfServiceProof | undefined,
  now: number,
): void {
  const verdict = maySelfServe(owner, operation, proof, now)
  if (verdict !== 'allowed') throw selfServiceRefused(owner, operation, verdict)
}

function selfServiceRefused(owner: SelfServiceOwner, operation: SelfServiceOperation, verdict: RefusedVerdict): SelfServiceRefusal {
  const { maxAuthAgeMinutes } = ruleOf(owner, operation) ?? {}
  const texts = {
    denied: `This user pool does not allow users to call ${operation}.`,
    'needs-fresh-sign-in': `Sign in again: this user pool allows ${operation} only within ${maxAuthAgeMinutes} minutes of the sign-in.`,
    'needs-second-factor': `Sign in again with a second factor: this user pool allows ${operation} only after that.`,
  }
  // The contract of RevokeToken has another error for callers who are not authorized.
  const { errors } = definitionOf(operation)
  return new SelfServiceRefusal(
    errors.includes('NotAuthorizedException') ? 'NotAuthorizedException' : 'UnauthorizedException',
    texts[verdict],
    verdict,
  )
}

function ruleOf({ pool, client }: SelfServiceOwner, operation: SelfServiceOperation): SelfServiceRule | undefined {
  const ofClient = client && clientExtensionsOf(client).selfService.operations[operation]
  return ofClient ?? selfServiceOf(pool).operations[operation]
}

/**
 * The attributes that users of the client cannot change or delete. A server that has missed a schema change can have cached the pool and the
 * client from different times. Then a locked name is not in the schema, and could be any custom attribute, so all of these are locked.
 */
export function lockedAttributesOf({ pool, client }: SelfServiceOwner): ReadonlySet<string> {
  const ofClient = client === undefined ? [] : clientExtensionsOf(client).selfService.lockedAttributes
  const locked = new Set([...selfServiceOf(pool).lockedAttributes, ...ofClient])
  const names = new Set(pool.schema.map(({ name }) => name))
  const isUnknown = [...locked].some((name) => !names.has(name))
  return isUnknown ? new Set([...locked, ...[...names].filter((name) => name.includes('custom:'))]) : locked
}

/** @throws ApiError NotAuthorizedException when users of the client cannot change one of the attributes */
export function requireUnlocked(owner: SelfServiceOwner, names: readonly string[]): void {
  const locked = lockedAttributesOf(owner)
  const refused = names.find((name) => locked.has(name))
  if (refused === undefined) return
  throw new ApiError('NotAuthorizedException', `This user pool does not allow users to change the attribute ${refused}.`)
}
