import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand, DescribeUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestEngine } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'
import { jwksOf, refresh, useAccessToken } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

const missing = 'ResourceNotFoundException'

/** Two servers on one database. Their clocks stand still, so nothing leaves their caches by its age. */
async function startTwo(engine: TestEngine) {
  const database = await engine.createDatabase()
  const env = { LIFEGUARD_MASTER_KEY: randomBytes(32).toString('base64') }
  const flags = ['--keep-deleted-pools-days', '7', '--public-url', 'http://localhost:1']
  const shared = { name: engine.name, createDatabase: async () => ({ url: database.url, drop: async () => undefined }) }
  const [one, other] = [await startTestServer(shared, { env, flags }), await startTestServer(shared, { env, flags })]
  return {
    one,
    other,
    async [Symbol.asyncDispose]() {
      await one.close()
      await other.close()
      await database.drop()
    },
  }
}

/** The name of the error that a sign-in gets. Undefined when it gets tokens. */
const signInError = (server: TestServer, clientId: string) =>
  givenTokens(server, clientId, 'ana').then(
    () => undefined,
    (error: Error) => error.name,
  )

for (const engine of engines) {
  describe(`RestoreUserPool in one of two processes on ${engine.name}`, () => {
    it('is seen by the other, which has found the pool missing before', { timeout: 60_000 }, async () => {
      await using servers = await startTwo(engine)
      const { one, other } = servers
      const { poolId, clientId } = await one.givenPool()
      await givenUser(one, poolId, 'ana')
      const tokens = await givenTokens(other, clientId, 'ana')
      const keys = await jwksOf(other, poolId)

      for (const [here, there] of [
        [one, other],
        [other, one],
      ] as const) {
        await here.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
        await until('the pool to be missing', async () => (await signInError(there, clientId)) === missing)
        await callLifeguard(here, 'RestoreUserPool', { UserPoolId: poolId })
        await until('a sign-in', async () => (await signInError(there, clientId)) === undefined)
        await there.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
        await useAccessToken(there, tokens.accessToken)
        assert.ok((await refresh(there, clientId, tokens.refreshToken)).AuthenticationResult?.AccessToken)
        assert.deepEqual(await jwksOf(there, poolId), keys)
      }
    })
  })
}
