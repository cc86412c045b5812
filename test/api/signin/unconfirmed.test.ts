import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminInitiateAuthCommand,
  type InitiateAuthCommandOutput,
  type PreventUserExistenceErrorTypes,
} from '@aws-sdk/client-cognito-identity-provider'
import { choose, startBy, startChoice } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { type PoolAndClient, sentTo, signUp } from '../../support/self-service.ts'
import { answerSrp, goodPassword, signInByPassword, srpResponses, startSrp } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const unconfirmed = { name: 'UserNotConfirmedException', message: 'User is not confirmed.' }
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

type Attempt = (server: TestServer, ids: PoolAndClient, password: string) => Promise<InitiateAuthCommandOutput>

/** For each flow that takes a password, a function that signs ana in with a given password. */
const ways: Readonly<Record<string, Attempt>> = {
  USER_PASSWORD_AUTH: (server, { clientId }, password) => signInByPassword(server, clientId, 'ana', password),
  ADMIN_USER_PASSWORD_AUTH: (server, { poolId, clientId }, password) => {
    const AuthParameters = { USERNAME: 'ana', PASSWORD: password }
    const ids = { UserPoolId: poolId, ClientId: clientId }
    return server.send(new AdminInitiateAuthCommand({ ...ids, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }))
  },
  USER_SRP_AUTH: async (server, { poolId, clientId }, password) => {
    const { a, challenge } = await startSrp(server, clientId, 'ana')
    return answerSrp(server, clientId, srpResponses(poolId, password, a, challenge))
  },
  'USER_AUTH, beginning with PASSWORD': (server, { clientId }, password) =>
    startBy(server, clientId, 'ana', 'PASSWORD', { PASSWORD: password }),
  'USER_AUTH, choosing PASSWORD': async (server, { clientId }, password) => {
    const { Session } = await startChoice(server, clientId, 'ana')
    return choose(server, clientId, 'ana', Session, 'PASSWORD', { PASSWORD: password })
  },
}

for (const engine of engines) {
  describe(`the sign-in of an unconfirmed user on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function givenNewcomer(existence: PreventUserExistenceErrorTypes) {
      const flows = ['USER_AUTH', 'USER_PASSWORD_AUTH', 'ADMIN_USER_PASSWORD_AUTH', 'USER_SRP_AUTH'] as const
      const client = { PreventUserExistenceErrors: existence, ExplicitAuthFlows: flows.map((flow) => `ALLOW_${flow}` as const) }
      const pool = { AutoVerifiedAttributes: ['email' as const] }
      const ids = await givenPoolWithEvery(server(), endpoint, {}, { pool, client })
      await signUp(server(), ids.clientId, 'ana', { email: 'ana@example.test' })
      ids.triggers.clear()
      return ids
    }

    for (const [way, attempt] of Object.entries(ways)) {
      it(`is refused as unconfirmed with any password, where the client shows which users exist: ${way}`, async () => {
        const ids = await givenNewcomer('LEGACY')
        // Five wrong passwords would lock. These seven do not: the password is not checked, so no attempt counts as wrong.
        for (let count = 0; count < 7; count++) await assert.rejects(attempt(server(), ids, 'Wrong-horse-7'), unconfirmed)
        await assert.rejects(attempt(server(), ids, goodPassword), unconfirmed)
        assert.deepEqual(new Set(ids.triggers.fired), new Set(['PreAuthentication_Authentication']))
        assert.deepEqual(await sentTo(server(), ids.poolId), ['sign-up ana@example.test'])

        await server().send(new AdminConfirmSignUpCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
        await assert.rejects(attempt(server(), ids, 'Wrong-horse-7'), wrong)
        assert.ok((await attempt(server(), ids, goodPassword)).AuthenticationResult)
      })

      it(`is refused as unconfirmed only with the right password, where the client hides which users exist: ${way}`, async () => {
        const ids = await givenNewcomer('ENABLED')
        await assert.rejects(attempt(server(), ids, 'Wrong-horse-7'), wrong)
        await assert.rejects(attempt(server(), ids, goodPassword), unconfirmed)
      })
    }

    it('gets no SRP challenge where the client shows which users exist', async () => {
      const shown = await givenNewcomer('LEGACY')
      await assert.rejects(startSrp(server(), shown.clientId, 'ana'), unconfirmed)
      const A = { SRP_A: 'ab'.repeat(32) }
      await assert.rejects(startBy(server(), shown.clientId, 'ana', 'PASSWORD_SRP', A), unconfirmed)
      const { Session } = await startChoice(server(), shown.clientId, 'ana')
      await assert.rejects(choose(server(), shown.clientId, 'ana', Session, 'PASSWORD_SRP', A), unconfirmed)

      const hidden = await givenNewcomer('ENABLED')
      assert.equal((await startSrp(server(), hidden.clientId, 'ana')).challenge.ChallengeName, 'PASSWORD_VERIFIER')
    })
  })
}
