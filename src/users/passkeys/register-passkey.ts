import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import type { SessionCaller, UserCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { type Passkey, requireLocalSignIn, requireNoPasswordReset, requirePasskeysEnabled, requiresUserVerification } from './passkey.ts'
import { findPasskeys, insertPasskey } from './passkey-repository.ts'
import { writeCreationOptions } from './passkey-wire.ts'
import { challengeNotFound, newRegistrationChallenge, openRegistrationChallenge } from './registration-challenge.ts'
import { findRelyingParty } from './relying-party.ts'
import { readAttestation, verifyAttestation } from './verify-attestation.ts'

export type PasskeyRegistrationDeps = AccountNoticeDeps & {
  readonly db: Db
  readonly clock: Clock
  readonly quotas: Quotas
}

/**
 * Begins to register a passkey. Nothing is stored: the challenge carries what the server needs later, sealed.
 *
 * @throws ApiError as StartWebAuthnRegistration does.
 */
export async function startRegistration({ db, clock, secrets, publicUrl, quotas }: PasskeyRegistrationDeps, owner: UserCaller) {
  const { pool, user } = owner
  requireCanRegister(owner)
  const relyingParty = await findRelyingParty({ db, publicUrl }, pool)
  if (relyingParty === undefined) {
    throw new ApiError('WebAuthnConfigurationMissingException', 'The user pool has neither a relying party ID nor a domain.')
  }
  const existing = await findPasskeys(db, pool.id, user.sub)
  requireWithinQuota(quotas, 'passkeysPerUser', existing.length + 1)
  const challenge = newRegistrationChallenge(secrets, owner, clock.now())
  return writeCreationOptions(pool, user, { challenge, relyingParty, existing })
}

/**
 * Stores the passkey that the user's authenticator has made for the challenge of `startRegistration`.
 *
 * @throws ApiError as CompleteWebAuthnRegistration does.
 */
export async function completeRegistration(deps: PasskeyRegistrationDeps, owner: SessionCaller, credential: unknown): Promise<void> {
  const { db, clock, secrets, quotas } = deps
  const { pool, client, user } = owner
  const now = clock.now()
  requireCanRegister(owner)
  const attestation = readAttestation(credential)
  const challenge = openRegistrationChallenge(secrets, owner, attestation.clientData.challenge, now)
  const relyingParty = await findRelyingParty(deps, pool)
  if (relyingParty === undefined) throw challengeNotFound()
  const created = await verifyAttestation(attestation, relyingParty, { requireUserVerification: requiresUserVerification(pool) })
  const passkey: Passkey = { ...created, poolId: pool.id, sub: user.sub, createdAt: now, lastUsedAt: null }

  await db.transaction().execute(async (tx) => {
    // Locked, so that two concurrent registrations cannot both take the last place within the quota.
    const locked = await lockCaller(tx, owner)
    if (!(await consumeState(tx, challenge.id, challenge.expiresAt))) throw challengeNotFound()
    requireWithinQuota(quotas, 'passkeysPerUser', (await findPasskeys(tx, pool.id, user.sub)).length + 1)
    if (!(await insertPasskey(tx, passkey))) throw new ApiError('InvalidParameterException', 'The passkey is registered already.')
    await queueAccountNotice(tx, deps, { pool, user: locked, change: 'PASSKEY', clientId: client.id, now })
  })
  await sendAccountNotices(deps, pool)
}

function requireCanRegister({ pool, user }: UserCaller): void {
  requirePasskeysEnabled(pool)
  requireNoPasswordReset(user)
  requireLocalSignIn(user)
}
