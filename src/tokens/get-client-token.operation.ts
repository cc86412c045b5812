import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { ApiError, invalidParameter } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import { type AppClient, accessTokenSeconds } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import type { Db } from '../storage/db.ts'
import { invokePreTokenGeneration, type TokenChanges } from '../triggers/pre-token-generation.ts'
import { type CallerContext, callerContextOf, type Triggers } from '../triggers/trigger.ts'
import { clientAccessClaims, requireClientScopes } from './client-grant.ts'
import { issuerOf } from './issue-tokens.ts'
import { signJwt } from './jwt.ts'
import type { SigningKeys } from './signing-keys.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; signingKeys: SigningKeys; publicUrl: string; triggers: Triggers }

/** The client-credentials grant of OAuth as an API call. The call may be signed, but only the client secret authenticates the client. */
export const getClientToken = operation('GetClientToken', {
  auth: 'public',

  async handle(request, { db, clock, pools, signingKeys, publicUrl, triggers }: Deps, _caller: undefined, { userAgent }) {
    const { pool, client } = await pools.getClient(request.ClientId)
    requireClientCredentials(client, request.Secret)
    const scopes = await requireClientScopes(db, client, request.Scopes)
    const caller = callerContextOf(client, { userAgent }, request.ClientMetadata)
    const changes = await runPreTokenGenerationForClient(triggers, { pool, client, scopes }, caller)
    const issuedAt = Math.floor(clock.now() / 1000)
    const grant = { client, issuer: issuerOf(publicUrl, pool.id), scopes, issuedAt, changes }
    const accessToken = await signJwt(await signingKeys.signer(pool.id, 'access'), clientAccessClaims(grant, randomUUID()))
    return { ClientAuthenticationResult: { AccessToken: accessToken, ExpiresIn: accessTokenSeconds(client), TokenType: 'Bearer' } }
  },
})

/** Checks the secret before the flow: only a holder of the secret may learn which flows the client is set up for. */
function requireClientCredentials(client: AppClient, secret: string): void {
  if (client.secrets.length === 0 || !isClientSecretValid(client, secret)) {
    throw new ApiError('NotAuthorizedException', `Unable to verify the client secret of client ${client.id}`)
  }
  if (client.authFlows?.length !== 1 || client.authFlows[0] !== 'ALLOW_CLIENT_TOKEN_AUTH') {
    throw invalidParameter('ALLOW_CLIENT_TOKEN_AUTH flow not enabled for this client')
  }
}

/** For tokens without a user, a PreTokenGeneration trigger is called only if its version is `V3_0`. */
async function runPreTokenGenerationForClient(
  triggers: Triggers,
  { pool, client, scopes }: { readonly pool: Pool; readonly client: AppClient; readonly scopes: readonly string[] },
  caller: CallerContext,
): Promise<TokenChanges | undefined> {
  if (pool.triggers.byName.PreTokenGeneration?.version !== 'V3_0') return undefined
  const subject = { pool, clientId: client.id, username: 'ClientCredentials', sub: undefined, userAgent: caller.userAgent }
  const facts = { userAttributes: {}, groups: undefined, scopes, clientMetadata: caller.clientMetadata }
  return invokePreTokenGeneration(triggers, subject, 'TokenGeneration_ClientCredentials', facts)
}
