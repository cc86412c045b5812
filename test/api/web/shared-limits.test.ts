import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, CreateUserPoolClientCommand, CreateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { plainRequest, startProductionServer } from '../../support/production-server.ts'
import { jsonContentType } from '../../support/raw-call.ts'
import { goodPassword } from '../../support/sign-in.ts'

/** The request rate of the category UserCreation. The clock of the test stands still, so no new second begins. */
const limit = 50

for (const engine of engines) {
  describe(`The request rates on ${engine.name}`, () => {
    it('still allow requests of administrators and of other addresses when one address has used up its share', async () => {
      await using server = await startProductionServer(engine, { flags: ['--rate-limits', '1', '--trust-proxy', '1'] })
      const owner = server.client(await server.createKey())
      const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'limited' }))
      const UserPoolId = UserPool?.Id ?? ''
      const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app' }))

      const signUp = async (address: string, Username: string, more = {}) => {
        const headers = {
          'content-type': jsonContentType,
          'x-amz-target': 'AWSCognitoIdentityProviderService.SignUp',
          'x-forwarded-for': address,
        }
        const body = JSON.stringify({ ClientId: UserPoolClient?.ClientId, Username, Password: goodPassword, ...more })
        return (await plainRequest(server.url, { headers, body })).code
      }

      for (let at = 0; at < 2 * limit; at++) {
        assert.equal(await signUp('192.0.2.1', `bad-${at}`, { Password: 1 }), 'SerializationException')
        assert.equal(await signUp('192.0.2.1', ''), 'InvalidParameterException')
      }
      const outcomes: (string | undefined)[] = []
      for (let at = 0; at < limit + 10; at++) outcomes.push(await signUp('192.0.2.1', `greedy-${at}`))
      assert.deepEqual(outcomes.slice(0, limit), Array(limit).fill(undefined), 'what was not valid did not count')
      assert.deepEqual(outcomes.slice(limit), Array(10).fill('TooManyRequestsException'))

      for (let at = 0; at < 5; at++) assert.equal(await signUp('198.51.100.7', `modest-${at}`), undefined)
      for (let at = 0; at < 15; at++)
        await owner.send(new AdminCreateUserCommand({ UserPoolId, Username: `invited-${at}`, MessageAction: 'SUPPRESS' }))
    })
  })
}
