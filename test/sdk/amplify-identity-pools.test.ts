import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Amplify } from 'aws-amplify'
import { type AuthSession, fetchAuthSession, signIn, signOut } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { parseAmplifyConfig } from 'aws-amplify/utils'
import { amplifyStorage } from '../support/amplify.ts'
import { engines } from '../support/engines.ts'
import { providerOf } from '../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../support/identity-pools.ts'
import { putRole, trustOfIdentityPool } from '../support/roles.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestServer, useTestServer } from '../support/test-server.ts'

/** The back end that Amplify Gen 2 creates for `defineAuth({ loginWith: { email: true } })`, and its `amplify_outputs.json`. */
async function givenGen2App(server: TestServer) {
  const { poolId, clientId } = await server.givenPool({ pool: { UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] } })
  const provider = providerOf(server, poolId)
  const { IdentityPoolId } = await givenIdentityPool(server, {
    CognitoIdentityProviders: [{ ProviderName: provider, ClientId: clientId }],
  })
  const permissions = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]
  const Roles = {
    authenticated: await putRole(server, `user-${clientId}`, trustOfIdentityPool(IdentityPoolId), permissions),
    unauthenticated: await putRole(server, `guest-${clientId}`, trustOfIdentityPool(IdentityPoolId, 'unauthenticated'), permissions),
  }
  const RoleMappings = { [`${provider}:${clientId}`]: { Type: 'Token', AmbiguousRoleResolution: 'AuthenticatedRole' } }
  await callJson(server, 'SetIdentityPoolRoles', { IdentityPoolId, Roles, RoleMappings })
  const outputs = {
    auth: {
      user_pool_id: poolId,
      aws_region: server.region,
      user_pool_client_id: clientId,
      identity_pool_id: IdentityPoolId,
      mfa_methods: [],
      standard_required_attributes: ['email'],
      username_attributes: ['email'],
      user_verification_types: ['email'],
      groups: [],
      mfa_configuration: 'NONE',
      password_policy: {
        min_length: 8,
        require_lowercase: true,
        require_numbers: true,
        require_symbols: true,
        require_uppercase: true,
      },
      unauthenticated_identities_enabled: true,
    },
    version: '1.4',
  }
  return { poolId, clientId, outputs }
}

/** Configures Amplify as an app does that adds nothing but the two endpoints. */
function configure(server: TestServer, outputs: object): void {
  cognitoUserPoolsTokenProvider.setKeyValueStorage(amplifyStorage())
  const config = parseAmplifyConfig(outputs as Parameters<typeof parseAmplifyConfig>[0])
  const Cognito = { ...config.Auth?.Cognito, userPoolEndpoint: server.url, identityPoolEndpoint: server.url }
  Amplify.configure({ ...config, Auth: { Cognito: Cognito as never } })
}

for (const engine of engines) {
  describe(`aws-amplify with an identity pool on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** The session of Amplify, and who its credentials belong to. */
    async function openSession(): Promise<AuthSession & { arn: string | undefined }> {
      const session = await fetchAuthSession({ forceRefresh: true })
      return { ...session, arn: session.credentials && (await callerArn(server(), session.credentials)) }
    }

    it('gets credentials as a guest, then as a user with the same identity, then as another guest', async () => {
      const { poolId, outputs } = await givenGen2App(server())
      configure(server(), outputs)
      const guest = await openSession()
      assert.match(guest.arn ?? '', /:assumed-role\/guest-/)
      assert.equal(guest.tokens, undefined)

      await givenUser(server(), poolId, 'ana@example.test')
      await signIn({ username: 'ana@example.test', password: goodPassword })
      const user = await openSession()
      assert.match(user.arn ?? '', /:assumed-role\/user-/)
      assert.equal(user.identityId, guest.identityId)
      assert.equal(user.tokens?.idToken?.payload['email'], 'ana@example.test')

      await signOut()
      const next = await openSession()
      assert.match(next.arn ?? '', /:assumed-role\/guest-/)
      assert.notEqual(next.identityId, user.identityId)
    })
  })
}

async function callerArn({ url, region }: TestServer, credentials: NonNullable<AuthSession['credentials']>): Promise<string | undefined> {
  const client = new STSClient({ endpoint: url, region, credentials, maxAttempts: 1 })
  return (await client.send(new GetCallerIdentityCommand({}))).Arn
}
