import type { Clock } from '../../base/clock.ts'
import { FederationError } from '../../federation/federation-error.ts'
import type { ProofNeeded } from '../../federation/people/sign-in-federated.ts'
import type { Db } from '../../storage/db.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { Continue } from '../login/login.ts'
import { newPageStep, pendingIdentityMs } from '../login/page-step.ts'
import { findOfferedProviders, offersOwnUsers } from './find-provider.ts'

/**
 * The sign-in page, on which the user proves that the account with the address is theirs. It says no more of that account than that it exists.
 *
 * @throws FederationError when the app client offers no other way to sign in.
 */
export async function askForProof(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  request: AuthorizationRequest,
  { user, identity }: ProofNeeded,
): Promise<Continue> {
  const { client } = request
  const now = clock.now()
  const others = offersOwnUsers(client)
    ? []
    : (await findOfferedProviders(db, request)).filter(({ name }) => name !== identity.providerName)
  if (!offersOwnUsers(client) && others.length === 0) throw noProofPossible()
  const pending = { ...identity, sub: user.sub, expiresAt: now + pendingIdentityMs }
  return { kind: 'continue', request, step: newPageStep(client.id, { kind: 'proof', username: '', pending }, now) }
}

/** The answer to an identity whose user cannot be asked for a proof. */
export const noProofPossible = (): FederationError =>
  new FederationError('A user with the email address of the identity exists, and has to sign in to link the identity.', {
    reason: 'refused',
  })
