import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { lockCaller } from '../profile/profile-rules.ts'
import { type Passkey, requireLocalSignIn, requireNoPasswordReset, requirePasskeysEnabled, requiresUserVerification } from './passkey.ts'
import { findPasskeys, insertPasskey } from './passkey-repository.ts'
import { challengeNotFound, openRegistrationChallenge } from './registration-challenge.ts'
import { findRelyingParty } from './relying-party.ts'
import { readAttestation, verifyAttestation } from './verify-attestation.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; publicUrl: string; quotas: Quotas }

/** Stores the passkey that a signed-in user's authenticator has made for the challenge of StartWebAuthnRegistration. */
export const completeWebAuthnRegistration = operation('CompleteWebAuthnRegistration', {
  auth: 'access-token',

  async handle(request, deps: Deps, caller: TokenCaller) {
    const { db, clock, secrets, quotas } = deps
    const { pool, user } = caller
    const now = clock.now()
    requirePasskeysEnabled(pool)
    requireNoPasswordReset(user)
    requireLocalSignIn(user)
    const attestation = readAttestation(request.Credential)
    const challenge = openRegistrationChallenge(secrets, caller, attestation.clientData.challenge, now)
    const relyingParty = await findRelyingParty(deps, pool)
    if (relyingParty === undefined) throw challengeNotFound()
    const created = await verifyAttestation(attestation, relyingParty, { requireUserVerification: requiresUserVerification(pool) })
    const passkey: Passkey = { ...created, poolId: pool.id, sub: user.sub, createdAt: now, lastUsedAt: null }

    await db.transaction().execute(async (tx) => {
      // Locked, so that two concurrent registrations cannot both take the last place within the quota.
      await lockCaller(tx, user)
      if (!(await consumeState(tx, challenge.id, challenge.expiresAt))) throw challengeNotFound()
      requireWithinQuota(quotas, 'passkeysPerUser', (await findPasskeys(tx, pool.id, user.sub)).length + 1)
      if (!(await insertPasskey(tx, passkey))) throw new ApiError('InvalidParameterException', 'The passkey is registered already.')
    })
    return {}
  },
})
