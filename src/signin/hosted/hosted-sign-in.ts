import { newOrderedId } from '../../base/ordered-id.ts'
import type { RequestContext } from '../../contract/operation.ts'
import type { AuthMethod } from '../../tokens/assurance.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import type { User } from '../../users/user.ts'
import { assuranceOf, type CompleteSignIn, type CompleteSignInDeps, consumeStateOrThrow } from '../complete-sign-in.ts'
import { continueSignIn } from '../continue-sign-in.ts'
import { startPassword } from '../factors/password/start-password.ts'
import type { SignInDeps } from '../initiate.ts'
import type { IssuedChallenge, PoolAndClient, SignInContext } from '../sign-in.ts'
import { recordingWrongProofs, recordSignedIn } from '../sign-in-events.ts'
import { countingStep } from '../sign-in-metrics.ts'
import { runPostAuthentication } from '../sign-in-triggers.ts'

/** A user who has proven everything on the hosted pages. There are no tokens yet: the app gets them for a code. */
export type HostedSignIn = {
  readonly kind: 'signed-in'
  readonly user: User
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  /** Undefined where tokens carry neither `amr` nor `acr`. */
  readonly methods: readonly AuthMethod[] | undefined
}

type Attempt = { readonly username: string; readonly password: string; readonly from: RequestContext }

/**
 * A sign-in with name and password on the hosted pages. It is the flow USER_PASSWORD_AUTH, except that the ExplicitAuthFlows of the client
 * do not count, and that it does not end in tokens.
 *
 * @throws ApiError as InitiateAuth does.
 */
export function signInOnPage(
  deps: SignInDeps,
  { pool, client }: PoolAndClient,
  { username, password, from }: Attempt,
): Promise<IssuedChallenge | HostedSignIn> {
  const caller = callerContextOf(client, from, undefined)
  const unknown = { deviceKey: undefined, validationData: undefined, recordedEventId: undefined, audit: undefined }
  const context: SignInContext = { ...from, ...unknown, pool, client, caller }
  const attempt = { username, challenge: 'PASSWORD', proofs: [] } as const
  return countingStep(deps.countSignInStep, 'USER_PASSWORD_AUTH', () =>
    recordingWrongProofs(deps, context, attempt, async () =>
      continueSignIn(deps, context, await startPassword(deps, context, { username, password }), completeOnPage),
    ),
  )
}

/** Calls PostAuthentication and records the sign-in. PreTokenGeneration is called later, when tokens are issued. */
const completeOnPage: CompleteSignIn<CompleteSignInDeps, HostedSignIn> = async (deps, signIn, consumes) => {
  await runPostAuthentication(deps, signIn, false)
  if (consumes !== undefined) await consumeStateOrThrow(deps.db, consumes)
  const now = deps.clock.now()
  await recordSignedIn(deps, signIn, signIn.progress.eventId ?? newOrderedId(now))
  return { kind: 'signed-in', user: signIn.user, authTime: Math.floor(now / 1000), methods: assuranceOf(signIn).methods }
}
