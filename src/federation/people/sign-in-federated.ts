import { newOrderedId } from '../../base/ordered-id.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { RequestContext } from '../../contract/operation.ts'
import { federationOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { type AuthEventDeps, recordAuthEvent } from '../../protection/record-auth-event.ts'
import type { HostedSignIn } from '../../signin/hosted/hosted-sign-in.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Db } from '../../storage/db.ts'
import { invokeInboundFederation } from '../../triggers/inbound-federation.ts'
import { invokePostAuthentication } from '../../triggers/post-authentication.ts'
import { invokePreAuthentication } from '../../triggers/pre-authentication.ts'
import { type CallerContext, callerContextOf } from '../../triggers/trigger.ts'
import { identitiesOf, identityAlias, type LinkedIdentity } from '../../users/linked-identities/linked-identity.ts'
import type { Attributes, User } from '../../users/user.ts'
import { findUserByName } from '../../users/user-repository.ts'
import { runPostConfirmation, triggerAttributesOf } from '../../users/user-triggers.ts'
import { type FederatedIdentity, federatedUsernameOf } from '../federated-identity.ts'
import { FederationError } from '../federation-error.ts'
import { provenTimeOf } from '../fresh-sign-in.ts'
import { bindIdentity } from './bind-identity.ts'
import { type CreateFederatedUserDeps, createFederatedUser, spareUsernameIn, UserExists, usernameIn } from './create-federated-user.ts'
import { type FoundUser, findFederatedUser } from './find-federated-user.ts'
import { findTwin } from './find-twin.ts'
import { type IdentityToLink, type LinkIdentityDeps, linkIdentity } from './link-identity.ts'
import { mapAttributes } from './map-attributes.ts'
import { updateFederatedUser } from './update-federated-user.ts'

export type FederatedSignInDeps = CreateFederatedUserDeps & AuthEventDeps & LinkIdentityDeps

/** The user of the pool has to sign in to prove that the identity is theirs. */
export class ProofNeeded extends Error {
  override readonly name = 'ProofNeeded'
  readonly user: User
  readonly identity: IdentityToLink

  constructor(user: User, identity: IdentityToLink) {
    super('A user with the e-mail address of the identity exists.')
    this.user = user
    this.identity = identity
  }
}

type Arrival = PoolAndClient & {
  readonly identity: FederatedIdentity
  readonly callerContext: CallerContext
  readonly from: RequestContext
}

/**
 * Signs in the user of an identity that a provider vouches for. The first time it creates the user. There is no second factor: that is the
 * provider's affair, as at Cognito.
 *
 * @throws ProofNeeded when the pool wants a proof that the identity belongs to a user who exists.
 * @throws FederationError or ApiError when the user cannot sign in.
 */
export async function signInFederated(
  deps: FederatedSignInDeps,
  { pool, client, identity, from }: PoolAndClient & { readonly identity: FederatedIdentity; readonly from: RequestContext },
): Promise<HostedSignIn> {
  const callerContext = callerContextOf(client, from, undefined)
  const arrival = { pool, client, from, callerContext, identity: await withInboundClaims(deps, { pool, callerContext, identity }) }
  const found = await findFederatedUser(deps.db, pool, arrival.identity)
  const user = found === undefined ? await signUp(deps, arrival) : await signInFound(deps, arrival, found)
  const now = deps.clock.now()
  const event = { sub: user.sub, type: 'SignIn', response: 'Pass', context: from, now, id: newOrderedId(now), clientId: client.id } as const
  await recordAuthEvent(deps, pool, { ...event, providerName: identity.provider.id })
  const provenMs = provenTimeOf(identity, now)
  const provenAt = provenMs === undefined ? undefined : Math.floor(provenMs / 1000)
  return { kind: 'signed-in', user, authTime: Math.floor(now / 1000), provenAt, methods: undefined, hasSecondFactor: false }
}

async function withInboundClaims(
  { triggers }: FederatedSignInDeps,
  { pool, callerContext, identity }: Pick<Arrival, 'pool' | 'callerContext' | 'identity'>,
): Promise<FederatedIdentity> {
  const { provider, received } = identity
  const subject = { pool, ...callerContext, username: federatedUsernameOf(identity), sub: undefined }
  const facts = { providerName: provider.id, providerType: provider.config.type, attributes: received }
  const claims = await invokeInboundFederation(triggers, subject, facts)
  return claims === undefined ? identity : { ...identity, claims }
}

/** Signs in a user whom the identity has found. */
async function signInFound(deps: FederatedSignInDeps, arrival: Arrival, found: FoundUser): Promise<User> {
  return signInAgain(deps, arrival, await bindIdentity(deps, arrival.pool, found, toLinkOf(arrival.identity)))
}

const toLinkOf = ({ provider, subject, issuer }: FederatedIdentity): IdentityToLink => ({
  providerName: provider.id,
  providerType: provider.config.type,
  subject,
  issuer,
})

/** Links the identity to the user who has its address, where the pool wants that. Otherwise creates a user. */
async function signUp(deps: FederatedSignInDeps, arrival: Arrival): Promise<User> {
  const { pool, client, identity } = arrival
  const mapped = mapAttributes(arrival, identity, undefined)
  const twin = await findTwin(deps.db, pool, mapped)
  if (twin === undefined) return createUserOf(deps, arrival, mapped)
  // Another sign-in with the identity was faster.
  if (identitiesOf(twin.attributes).some((one) => isSame(one, identity)))
    return signInFound(deps, arrival, { user: twin, key: keyOf(identity) })
  const toLink = toLinkOf(identity)
  if (federationOf(pool).linking === 'PROOF' || hasSecondFactor(pool, twin)) {
    // The browser keeps the identity in a cookie. Its subject may be no longer than in a username.
    usernameIn(pool, identity)
    throw new ProofNeeded(twin, toLink)
  }
  return signInAgain(deps, arrival, await linkIdentity(deps, pool, twin, toLink, { email: mapped['email'], clientId: client.id }))
}

/** A sign-in at the provider needs no second factor of the pool. So a user who has one links the identity by a proof. */
const hasSecondFactor = (pool: Pool, { mfa, password }: User): boolean =>
  (mfa?.enabled.length ?? 0) > 0 || mfa?.passkey === true || (pool.mfa === 'ON' && password !== null)

/** No PreAuthentication and PostAuthentication run, as at Cognito. */
async function createUserOf(
  deps: FederatedSignInDeps,
  arrival: Arrival,
  mapped: Attributes,
  username = usernameIn(arrival.pool, arrival.identity),
): Promise<User> {
  const { pool, identity, callerContext } = arrival
  try {
    const user = await createFederatedUser(deps, pool, { identity, username, mapped, callerContext })
    await runPostConfirmation(deps.triggers, { pool, user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
    return user
  } catch (error) {
    if (!(error instanceof UserExists)) throw error
    const found = await findMeanwhile(deps, arrival)
    if (found !== undefined) return signInMeanwhile(deps, arrival, { exists: error, found })
    const isFirstName = username === usernameIn(pool, identity)
    if (error.kind !== 'username' || !isFirstName || (await isOfProvider(deps.db, arrival, username))) throw nameTaken(identity, error)
    return createUserOf(deps, arrival, mapped, spareUsernameIn(pool, identity))
  }
}

const nameTaken = (identity: FederatedIdentity, cause: UserExists): FederationError =>
  new FederationError(`Already found an entry for username ${federatedUsernameOf(identity)}`, { reason: 'refused', cause })

/** Reads in a transaction: it waits until another sign-in has committed. */
const findMeanwhile = ({ db }: FederatedSignInDeps, { pool, identity }: Arrival): Promise<FoundUser | undefined> =>
  db.transaction().execute((tx) => findFederatedUser(tx, pool, identity))

/** Whether the name is that of another user of the provider. In a pool that ignores case, subjects that differ only in case share a name. */
async function isOfProvider(db: Db, { pool, identity }: Arrival, username: string): Promise<boolean> {
  const user = await findUserByName(db, pool, username)
  return user !== undefined && identitiesOf(user.attributes).some((one) => one.primary && one.providerName === identity.provider.id)
}

/**
 * The user exists by now. Two sign-ins at once sign in the same user. But if PreSignUp has linked the identity to another user, this first
 * sign-in fails and the next one succeeds, as observed at Cognito, unless the pool wants it otherwise.
 */
async function signInMeanwhile(
  deps: FederatedSignInDeps,
  arrival: Arrival,
  { exists, found }: { readonly exists: UserExists; readonly found: FoundUser },
): Promise<User> {
  const { pool, identity } = arrival
  const mayGoOn = exists.kind === 'username' || hasCreated(identity, found.user) || federationOf(pool).firstLinkedSignIn === 'SIGNED_IN'
  if (mayGoOn) return signInFound(deps, arrival, found)
  throw nameTaken(identity, exists)
}

/** Whether a sign-in with the identity has created the user. */
const hasCreated = (identity: FederatedIdentity, user: User): boolean =>
  identitiesOf(user.attributes).some((one) => one.primary && isSame(one, identity))

const isSame = (one: LinkedIdentity, identity: FederatedIdentity): boolean => identityAlias(one).key === keyOf(identity)

const keyOf = ({ provider, subject }: FederatedIdentity): string => identityAlias({ providerName: provider.id, userId: subject }).key

async function signInAgain(deps: FederatedSignInDeps, arrival: Arrival, found: User): Promise<User> {
  const { pool, identity, callerContext } = arrival
  const { clientMetadata, ...caller } = callerContext
  const subjectOf = (user: User) => ({ pool, ...caller, username: user.username, sub: user.sub })
  if (!found.enabled) throw new ApiError('NotAuthorizedException', 'User is disabled.')
  await invokePreAuthentication(deps.triggers, subjectOf(found), {
    userAttributes: triggerAttributesOf(pool, found),
    validationData: undefined,
    userNotFound: false,
  })
  const user = await updateFederatedUser(deps, pool, found, mapAttributes(arrival, identity, found))
  const userAttributes = triggerAttributesOf(pool, user)
  await invokePostAuthentication(deps.triggers, subjectOf(user), { userAttributes, newDeviceUsed: false, clientMetadata })
  return user
}
