import type { Secrets } from '../../../base/secrets.ts'
import { type Contact, deliveryTo } from '../../../messaging/destination.ts'
import { queueSignInCode } from '../../../messaging/send-code.ts'
import { chooseCode } from '../../../messaging/test-user-code.ts'
import { limitAttempts } from '../../../protection/attempt-limit.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import type { Triggers } from '../../../triggers/trigger.ts'
import { renderMessageTo } from '../../../users/user-triggers.ts'
import type { NewChallenge } from '../../factor.ts'
import { type LaterStep, type LaterStepDeps, newLaterStep } from '../../later-step.ts'
import { sealState } from '../../sealed-state.ts'
import type { ChallengeName, SignIn } from '../../sign-in.ts'
import { wrongSignInCode } from '../../sign-in-errors.ts'

export type SentCodeDeps = LaterStepDeps & { readonly triggers: Triggers; readonly codeLockout: Lockout }

/**
 * The sign-in state's data for a sent code. The Session holds the keyed hash of the code, so that a sign-in that is given up leaves no row
 * behind in the database.
 */
export type SentCodeMemory = {
  readonly hash: string
  /** A new address, which becomes the user's when the code is right; undefined when the code went to the address that the user has. */
  readonly newAddress: string | undefined
}

export type SentCodeStep = LaterStep<SentCodeMemory>

/**
 * A challenge with a code that is sent to `contact`, an e-mail address or phone number. The code is valid as long as the Session.
 *
 * @throws ApiError TooManyRequestsException when the user was sent too many codes.
 */
export async function createSentCodeChallenge(
  { db, secrets, clock, triggers }: SentCodeDeps,
  signIn: SignIn,
  spec: { readonly challenge: ChallengeName; readonly contact: Contact; readonly digits: number; readonly isNew?: boolean },
): Promise<NewChallenge> {
  const { context, user, progress } = signIn
  const { pool, caller } = context
  const { challenge, contact, digits, isNew = false } = spec
  const now = clock.now()
  // In CUSTOM_AUTH the trigger functions can ask for a code as the first factor.
  const action = progress.proofs.length === 0 ? 'FirstFactorMessage' : 'SignInMessage'
  await limitAttempts(db, { poolId: pool.id, subject: user.sub, action }, now)
  const message = { pool, user, attributes: [contact.attribute], kind: 'mfa', callerContext: caller } as const
  const messageContent = await renderMessageTo(triggers, message)
  const code = chooseCode(secrets, { pool, user }, digits)
  const newAddress = isNew ? contact.value : undefined
  // The hash covers the id of the step, so the step is made before the hash.
  const blank = newLaterStep<SentCodeMemory>(signIn, { challenge, memory: { hash: '', newAddress }, now })
  const step = { ...blank, memory: { hash: hashOfSignInCode(secrets, blank, contact.value, code), newAddress } }
  const { medium, destination } = deliveryTo(contact)
  return {
    name: challenge,
    parameters: {
      CODE_DELIVERY_DELIVERY_MEDIUM: medium,
      CODE_DELIVERY_DESTINATION: destination,
      USER_ID_FOR_SRP: user.username,
    },
    session: sealState(secrets, step),
    queue: (tx) => queueSignInCode(tx, secrets, { pool, user, contact, messageContent, code, now, expiresAt: step.expiresAt }),
  }
}

/**
 * Checks the code that answers the challenge of `step`. `address` is where the code must have been sent: a code that went elsewhere proves
 * nothing about this address. `address` is undefined when the user no longer has one.
 *
 * @throws ApiError CodeMismatchException when the code is wrong, and NotAuthorizedException while the user is locked.
 */
export async function requireSentCode(
  { secrets, codeLockout, clock }: SentCodeDeps,
  step: SentCodeStep,
  address: string | undefined,
  code: string,
): Promise<void> {
  const { proven } = await codeLockout.guard(step.poolId, step.sub, clock.now(), async () => {
    const isRight = isSignInCode(secrets, step, { address: address ?? '', code, hash: step.memory.hash }) && address !== undefined
    return isRight ? { proven: true, value: undefined } : { proven: false }
  })
  if (!proven) throw wrongSignInCode()
}

type CodeStep = Pick<SentCodeStep, 'poolId' | 'sub' | 'challenge' | 'id'>

/** The keyed hash of a code. It is valid for one step only, and so for one user and one challenge. */
export function hashOfSignInCode(secrets: Secrets, { poolId, sub, challenge, id }: CodeStep, address: string, code: string): string {
  return secrets.mac('code', 'sign-in', poolId, sub, challenge, id, address, code).toString('base64url')
}

export function isSignInCode(
  secrets: Secrets,
  { poolId, sub, challenge, id }: CodeStep,
  { address, code, hash }: { readonly address: string; readonly code: string; readonly hash: string },
): boolean {
  return secrets.isMac('code', hash, 'sign-in', poolId, sub, challenge, id, address, code)
}
