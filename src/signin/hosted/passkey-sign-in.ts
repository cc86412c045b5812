import { randomBytes } from 'node:crypto'
import { writeRequestOptions } from '../../users/passkeys/passkey-wire.ts'
import { findRelyingParty } from '../../users/passkeys/relying-party.ts'
import { readAssertion } from '../../users/passkeys/verify-assertion.ts'
import { findUser } from '../../users/user-repository.ts'
import { requireEnabled, requireNotReset } from '../candidate.ts'
import { newChoiceState } from '../choice/choice-state.ts'
import { findChoices } from '../choice/choices.ts'
import type { ProvenStep } from '../factor.ts'
import { provePasskey } from '../factors/passkey/passkey.ts'
import type { SignInDeps } from '../initiate.ts'
import { openState, sealState } from '../sealed-state.ts'
import { noProgress, type PoolAndClient, type SignInContext } from '../sign-in.ts'
import { wrongPassword } from '../sign-in-errors.ts'
import { newState, requireState } from '../sign-in-state.ts'
import { runPreAuthentication } from '../sign-in-triggers.ts'
import { beginOnPage, type PageOwner, type PageStepResult, type PageVisitor } from './hosted-sign-in.ts'

/** What a sign-in page offers to the browser before it knows who the user is. */
export type PasskeyOffer = {
  /** The options for the browser, as JSON. The list of passkeys is empty: the browser offers those that it has for the relying party. */
  readonly options: string
  /** Comes back with the browser's answer. */
  readonly session: string
}

/** Other texts are not looked up. */
const couldBeSub = /^[\w-]{1,64}$/

type Memory = { readonly challenge: string }

/** The offer of a sign-in page. Undefined where users of the pool cannot sign in by a passkey. */
export async function offerPasskeys(deps: SignInDeps, { pool, client }: PoolAndClient): Promise<PasskeyOffer | undefined> {
  if (!pool.allowedFirstFactors.includes('WEB_AUTHN')) return undefined
  const relyingParty = await findRelyingParty(deps, pool)
  if (relyingParty === undefined) return undefined
  const challenge = randomBytes(32).toString('base64url')
  const options = writeRequestOptions({ challenge, relyingParty, passkeys: [] }, { requireUserVerification: true })
  // The state belongs to no user. Its challenge name keeps the API from accepting it: there the state of a first factor has another one.
  const state = newState<Memory>(client, '', { challenge: 'WEB_AUTHN', progress: noProgress, memory: { challenge } }, deps.clock.now())
  return { options: JSON.stringify(options), session: sealState(deps.secrets, state) }
}

/**
 * A sign-in by a passkey that names its user. PreAuthentication runs after the proof, since there is no user before.
 *
 * @throws ApiError NotAuthorizedException when the signature is wrong, the user is unknown or disabled, or the offer was used or expired.
 */
export function signInByPasskeyOnPage(
  deps: SignInDeps,
  owner: PageOwner,
  { session, credential, from }: { readonly session: string; readonly credential: string; readonly from: PageVisitor },
): Promise<PageStepResult> {
  return beginOnPage(deps, owner, { flow: 'USER_AUTH', username: undefined, from }, (context) =>
    provePasskeyOfAnyUser(deps, context, { session, credential }),
  )
}

async function provePasskeyOfAnyUser(
  deps: SignInDeps,
  context: SignInContext,
  { session, credential }: { readonly session: string; readonly credential: string },
): Promise<ProvenStep> {
  const { pool, client } = context
  const offered = requireState<Memory>({ state: openState(deps.secrets, session), context }, 'WEB_AUTHN', deps.clock.now())
  const sub = Buffer.from(readAssertion(credential)?.userHandle ?? '', 'base64url').toString()
  const user = couldBeSub.test(sub) ? await findUser(deps.db, pool.id, sub) : undefined
  if (user === undefined) throw wrongPassword()
  requireEnabled(user)
  requireNotReset(client, user)
  const candidate = { sub: user.sub, user, context, name: user.username, stepUp: undefined }
  const { signIn, choices } = await findChoices(deps, candidate)
  if (!choices.available.includes('WEB_AUTHN')) throw wrongPassword()
  const { memory } = newChoiceState(deps, signIn, 'WEB_AUTHN')
  const state = { ...offered, memory: { ...memory, ...offered.memory } }
  const proven = await provePasskey(deps, signIn, { choices: { ...choices, requireUserVerification: true }, state, credential })
  await runPreAuthentication(deps, context, candidate, user.username)
  return proven
}
