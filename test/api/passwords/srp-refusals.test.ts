import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { power } from '../../base/srp/reference-client.ts'
import { choiceClient, choose, givenChoicePool, startChoice } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { respond } from '../../support/mfa.ts'
import { answerSrp, givenTokens, givenUser, goodPassword, srpResponses, startSrp } from '../../support/sign-in.ts'
import { adminInitiate, customClient, givenPoolWith, initiate, riddles, startCustom } from '../../support/sign-in-triggers.ts'
import { setStorage } from '../../support/stored-passwords.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const SRP_A = power(2n, 0x1234567890abcdefn).toString(16)
const refused = { name: 'InvalidParameterException', message: /^This user pool stores passwords as Argon2id hashes, so .* with SRP\. Use / }
const flows = ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH'] as const

for (const engine of engines) {
  describe(`A pool that keeps only Argon2id hashes, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    for (const existence of ['ENABLED', 'LEGACY'] as const) {
      it(`refuses SRP in one text for every name, before any function is called (${existence})`, async () => {
        const client = { ExplicitAuthFlows: [...flows], PreventUserExistenceErrors: existence }
        const ids = await givenPoolWithEvery(server(), endpoint, {}, { client })
        await setStorage(server(), ids, 'ARGON2ID')
        await givenUser(server(), ids.poolId, 'ana')
        await givenUser(server(), ids.poolId, 'off')
        await server().send(new AdminDisableUserCommand({ UserPoolId: ids.poolId, Username: 'off' }))
        const firedBefore = ids.triggers.fired.length
        for (const USERNAME of ['ana', 'off', 'nobody']) {
          for (const A of [SRP_A, '0', 'no hex']) {
            await assert.rejects(initiate(server(), ids.clientId, 'USER_SRP_AUTH', { USERNAME, SRP_A: A }), refused)
            await assert.rejects(adminInitiate(server(), ids, 'USER_SRP_AUTH', { USERNAME, SRP_A: A }), refused)
          }
          const preferred = { PREFERRED_CHALLENGE: 'PASSWORD_SRP', SRP_A }
          await assert.rejects(startChoice(server(), ids.clientId, USERNAME, preferred), refused)
          await assert.rejects(startChoice(server(), ids.clientId, USERNAME, { PREFERRED_CHALLENGE: 'PASSWORD_SRP' }), refused)
        }
        assert.deepEqual(ids.triggers.fired.slice(firedBefore), [])
      })
    }

    it('refuses a custom sign-in that begins with SRP, and no other custom sign-in', async () => {
      const triggers = endpoint.given(riddles())
      const ids = await givenPoolWith(server(), triggers, { client: customClient })
      await setStorage(server(), ids, 'ARGON2ID')
      await givenUser(server(), ids.poolId, 'ana')
      for (const name of ['ana', 'nobody']) {
        await assert.rejects(startCustom(server(), ids.clientId, name, { CHALLENGE_NAME: 'SRP_A', SRP_A }), refused)
      }
      assert.deepEqual(triggers.fired, [])
      assert.equal((await startCustom(server(), ids.clientId, 'ana')).ChallengeName, 'CUSTOM_CHALLENGE')
    })

    it('offers the password without SRP in a choice, also to names that no user has', async () => {
      const ids = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP'], {
        client: { ...choiceClient, PreventUserExistenceErrors: 'ENABLED' },
      })
      await setStorage(server(), ids, 'ARGON2ID')
      await givenUser(server(), ids.poolId, 'ana')
      const asked = await startChoice(server(), ids.clientId, 'ana')
      assert.deepEqual(asked.AvailableChallenges, ['PASSWORD'])
      for (let i = 0; i < 8; i++) {
        const { AvailableChallenges = [] } = await startChoice(server(), ids.clientId, `nobody-${i}`)
        assert.equal(AvailableChallenges.includes('PASSWORD_SRP'), false, AvailableChallenges.join())
      }
      const answer = { USERNAME: 'ana', ANSWER: 'PASSWORD_SRP', SRP_A }
      await assert.rejects(respond(server(), ids.clientId, 'SELECT_CHALLENGE', asked.Session, answer), refused)
      await assert.rejects(respond(server(), ids.clientId, 'PASSWORD_SRP' as never, asked.Session, { USERNAME: 'ana', SRP_A }), refused)
      const chosen = await choose(server(), ids.clientId, 'ana', asked.Session, 'PASSWORD')
      const proven = await respond(server(), ids.clientId, 'PASSWORD' as never, chosen.Session, { USERNAME: 'ana', PASSWORD: goodPassword })
      assert.ok(proven.AuthenticationResult)
    })

    it('refuses the second half of an exchange that began before the setting', async () => {
      const ids = await server().givenPool({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await givenUser(server(), ids.poolId, 'ana')
      for (const name of ['ana', 'nobody']) {
        await setStorage(server(), ids, 'SRP')
        const { a, challenge } = await startSrp(server(), ids.clientId, name)
        await setStorage(server(), ids, 'ARGON2ID')
        await assert.rejects(answerSrp(server(), ids.clientId, srpResponses(ids.poolId, goodPassword, a, challenge)), refused)
      }
      await givenTokens(server(), ids.clientId, 'ana')
    })
  })
}
