import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { requireLocalSignIn, requireNoPasswordReset, requirePasskeysEnabled } from './passkey.ts'
import { findPasskeys } from './passkey-repository.ts'
import { writeCreationOptions } from './passkey-wire.ts'
import { newRegistrationChallenge } from './registration-challenge.ts'
import { findRelyingParty } from './relying-party.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; publicUrl: string; quotas: Quotas }

/** A signed-in user begins to register a passkey. Nothing is stored: the challenge carries what the server needs later, sealed. */
export const startWebAuthnRegistration = operation('StartWebAuthnRegistration', {
  auth: 'access-token',

  async handle(_request, { db, clock, secrets, publicUrl, quotas }: Deps, caller: TokenCaller) {
    const { pool, user } = caller
    requirePasskeysEnabled(pool)
    requireNoPasswordReset(user)
    requireLocalSignIn(user)
    const relyingParty = await findRelyingParty({ db, publicUrl }, pool)
    if (relyingParty === undefined) {
      throw new ApiError('WebAuthnConfigurationMissingException', 'The user pool has neither a relying party ID nor a domain.')
    }
    const existing = await findPasskeys(db, pool.id, user.sub)
    requireWithinQuota(quotas, 'passkeysPerUser', existing.length + 1)
    const challenge = newRegistrationChallenge(secrets, caller, clock.now())
    return { CredentialCreationOptions: writeCreationOptions(pool, user, { challenge, relyingParty, existing }) }
  },
})
