import assert from 'node:assert/strict'
import { GetOpenIdTokenForDeveloperIdentityCommand, UpdateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity'
import { noteSecrets } from './evidence.ts'
import { givenProductionPools } from './production-identity-pools.ts'
import type { Credentials, ProductionServer } from './production-server.ts'
import { callSts, elementOf } from './sts.ts'

const DeveloperProviderName = 'login.shop'

type SessionOptions = {
  readonly tags?: Readonly<Record<string, string>>
  /** The statements of a session policy. */
  readonly policy?: readonly object[]
  readonly seconds?: number
}

/** Pools whose developer users assume roles by the STS. */
export async function givenRoleSessions(server: ProductionServer, owner: Credentials) {
  const pools = await givenProductionPools(server, owner)
  const { identityPools, identityPoolId: IdentityPoolId } = pools
  const settings = { IdentityPoolId, IdentityPoolName: 'customers', AllowUnauthenticatedIdentities: false, AllowClassicFlow: true }
  await identityPools.send(new UpdateIdentityPoolCommand({ ...settings, DeveloperProviderName }))

  return {
    ...pools,

    /** Begins a session of the role, named `shop`, for a developer user. */
    async assume(RoleArn: string, username: string, { tags, policy, seconds }: SessionOptions = {}) {
      const request = { IdentityPoolId, Logins: { [DeveloperProviderName]: username }, ...(tags && { PrincipalTags: tags }) }
      const { IdentityId = '', Token = '' } = await identityPools.send(new GetOpenIdTokenForDeveloperIdentityCommand(request))
      const answer = await callSts(server, {
        Action: 'AssumeRoleWithWebIdentity',
        RoleArn,
        RoleSessionName: 'shop',
        WebIdentityToken: Token,
        ...(policy && { Policy: JSON.stringify({ Version: '2012-10-17', Statement: policy }) }),
        ...(seconds !== undefined && { DurationSeconds: String(seconds) }),
      })
      assert.equal(answer.status, 200, answer.text)
      const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((name) =>
        elementOf(answer.text, name),
      )
      noteSecrets({ SecretAccessKey: secretAccessKey, SessionToken: sessionToken })
      return { identityId: IdentityId, credentials: { accessKeyId, secretAccessKey, sessionToken } }
    },
  }
}
