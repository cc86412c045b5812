import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { ApiError } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import { type AppClient, accessTokenSeconds } from '../pools/app-client.ts'
import { invalidParameter } from '../pools/invalid-parameter.ts'
import type { Pool } from '../pools/pool.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { provesClientSecret } from '../pools/secret-hash.ts'
import type { Db } from '../storage/db.ts'
import { clientAccessClaims } from './client-claims.ts'
import { requireClientScopes } from './client-scopes.ts'
import { issuerOf } from './issue-tokens.ts'
import { signJwt } from './jwt.ts'
import type { SigningKeys } from './signing-keys.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; signingKeys: SigningKeys; publicUrl: string }

/** The client-credentials grant of OAuth as an API call. Callers sign it, but what counts is the client's own secret. */
export const getClientToken = operation('GetClientToken', {
  auth: 'public',

  async handle(request, { db, clock, pools, signingKeys, publicUrl }: Deps) {
    const { pool, client } = await pools.getClient(request.ClientId)
    requireClientOfItsOwn(client, request.Secret)
    requireNoClientTrigger(pool)
    const scopes = await requireClientScopes(db, client, request.Scopes)
    const issuedAt = Math.floor(clock.now() / 1000)
    const claims = clientAccessClaims({ client, issuer: issuerOf(publicUrl, pool.id), scopes, issuedAt }, randomUUID())
    const accessToken = await signJwt(await signingKeys.signer(pool.id, 'access'), claims)
    return { ClientAuthenticationResult: { AccessToken: accessToken, ExpiresIn: accessTokenSeconds(client), TokenType: 'Bearer' } }
  },
})

/** The secret first: what a client is set up for is nobody's business but its owner's. */
function requireClientOfItsOwn(client: AppClient, secret: string): void {
  if (client.secrets.length === 0 || !provesClientSecret(client, secret)) {
    throw new ApiError('NotAuthorizedException', `Unable to verify the client secret of client ${client.id}`)
  }
  if (client.authFlows?.length !== 1 || client.authFlows[0] !== 'ALLOW_CLIENT_TOKEN_AUTH') {
    throw invalidParameter('ALLOW_CLIENT_TOKEN_AUTH flow not enabled for this client')
  }
}

/**
 * Only the third version of the trigger hears of tokens without a user. Lifeguard cannot run it yet and does not go on as if it had
 * agreed; of the errors in this operation's model, this one is for what is not set up to run.
 */
function requireNoClientTrigger(pool: Pool): void {
  if (pool.triggers.byName.PreTokenGeneration?.version !== 'V3_0') return
  throw new ApiError('OperationNotEnabledException', 'PreTokenGeneration invocation failed due to configuration.')
}
