import type { Secrets } from '../base/secrets.ts'
import { type Contact, deliveryTo } from '../messaging/destination.ts'
import { queueSignInCode } from '../messaging/send-code.ts'
import { chooseCode } from '../messaging/test-user-code.ts'
import { limitAttempts } from '../protection/attempt-limit.ts'
import type { Lockout } from '../protection/lockout.ts'
import type { Triggers } from '../triggers/trigger.ts'
import { renderMessageTo } from '../users/user-triggers.ts'
import type { Question } from './factor.ts'
import { type LaterStep, type LaterStepDeps, newLaterStep } from './later-step.ts'
import type { ChallengeName, SignIn } from './sign-in.ts'
import { sealState } from './sign-in-state.ts'
import { WrongProof } from './wrong-proof.ts'

export type AskCodeDeps = LaterStepDeps & { readonly triggers: Triggers }

export type SentCodeDeps = AskCodeDeps & { readonly codeLockout: Lockout }

/** What the server must know of a code that it sent: its keyed hash travels with the sign-in, so that no row waits for the answer. */
export type SentCodeMemory = {
  readonly hash: string
  /** An address that is to become the user's by this; undefined for the one they have. */
  readonly newAddress: string | undefined
}

export type SentCodeStep = LaterStep<SentCodeMemory>

type Wish = { readonly challenge: ChallengeName; readonly contact: Contact; readonly digits: number; readonly isNew?: boolean }

/**
 * Asks for a code that goes to the address with the question. It lives as long as the Session. Throws TooManyRequestsException when the
 * user has been sent too many already.
 */
export async function askForSentCode(
  { db, secrets, clock, triggers }: AskCodeDeps,
  signIn: SignIn,
  { challenge, contact, digits, isNew = false }: Wish,
): Promise<Question> {
  const { pool, user, proofs, caller } = signIn
  const now = clock.now()
  // Functions may ask for a code of somebody who has proven nothing yet.
  await limitAttempts(db, { poolId: pool.id, subject: user.sub, action: proofs.length === 0 ? 'FirstFactorMessage' : 'SignInMessage' }, now)
  const messageContent = await renderMessageTo(triggers, {
    pool,
    user,
    attributes: [contact.attribute],
    kind: 'mfa',
    callerContext: caller,
  })
  const code = chooseCode(secrets, signIn, digits)
  const newAddress = isNew ? contact.value : undefined
  const blank = newLaterStep<SentCodeMemory>(signIn, { challenge, memory: { hash: '', newAddress }, now })
  const step = { ...blank, memory: { ...blank.memory, own: { hash: hashOfSignInCode(secrets, blank, contact.value, code), newAddress } } }
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
 * Throws CodeMismatchException unless the code is the one that was sent for this step to `address` (undefined when the user has none any
 * more): a code that went elsewhere proves nothing about it.
 */
export async function requireSentCode(
  { secrets, codeLockout, clock }: SentCodeDeps,
  step: SentCodeStep,
  address: string | undefined,
  code: string,
): Promise<void> {
  const { proven } = await codeLockout.guard(step.poolId, step.sub, clock.now(), async () => {
    const isRight = isSignInCode(secrets, step, { address: address ?? '', code, hash: step.memory.own.hash }) && address !== undefined
    return isRight ? { proven: true, value: undefined } : { proven: false }
  })
  if (!proven) throw wrongSignInCode()
}

/** What a wrong code of any factor is told. */
export const wrongSignInCode = () => new WrongProof('CodeMismatchException', 'Invalid code or auth state for the user.')

type Step = Pick<SentCodeStep, 'poolId' | 'sub' | 'challenge' | 'id'>

/** Bound to the step, so to one user, one challenge and one question. */
export function hashOfSignInCode(secrets: Secrets, { poolId, sub, challenge, id }: Step, address: string, code: string): string {
  return secrets.mac('code', 'sign-in', poolId, sub, challenge, id, address, code).toString('base64url')
}

type Attempt = { readonly address: string; readonly code: string; readonly hash: string }

export function isSignInCode(secrets: Secrets, { poolId, sub, challenge, id }: Step, { address, code, hash }: Attempt): boolean {
  return secrets.isMac('code', hash, 'sign-in', poolId, sub, challenge, id, address, code)
}
