import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  DeleteUserPoolCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListUserPoolsCommand,
  SignUpCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { type Lifeguard, type LifeguardOptions, startLifeguard } from '../../src/testing/index.ts'
import { engines } from '../support/engines.ts'
import { startProductionServer } from '../support/production-server.ts'

const password = 'Correct-horse-7'

const waysToRun: readonly NonNullable<LifeguardOptions['run']>[] = ['in-process', 'child-process']

for (const engine of engines) {
  for (const run of waysToRun) {
    describe(`A server for tests on ${engine.name}, ${run}`, () => {
      let lifeguard: Lifeguard
      let client: CognitoIdentityProviderClient
      let dropDatabase: () => Promise<void>

      before(async () => {
        const database = await engine.createDatabase()
        dropDatabase = database.drop
        lifeguard = await startLifeguard({ run, flags: ['--database', database.url] })
        client = new CognitoIdentityProviderClient({ ...lifeguard.clientConfig, maxAttempts: 1 })
      })

      after(async () => {
        client.destroy()
        await lifeguard.stop()
        await dropDatabase()
      })

      const givenPool = async (id: string, clientId: string, more: Partial<CreateUserPoolClientCommandInput> = {}) => {
        await client.send(
          new CreateUserPoolCommand({ PoolName: 'test', UserPoolTags: { _custom_id_: id }, AutoVerifiedAttributes: ['email'] }),
        )
        await client.send(
          new CreateUserPoolClientCommand({
            UserPoolId: id,
            ClientName: `_custom_id_:${clientId}`,
            ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
            ...more,
          }),
        )
      }

      it('shows the code that a user gets, and lets time pass without waiting', async () => {
        await givenPool('us-east-1_time', 'timeclient')
        const email = 'ana@example.test'
        const attributes = [{ Name: 'email', Value: email }]
        await client.send(new SignUpCommand({ ClientId: 'timeclient', Username: 'ana', Password: password, UserAttributes: attributes }))
        const [message] = await lifeguard.messages(email)
        assert.equal(message?.trigger, 'sign-up')
        const code = await lifeguard.code(email)
        await client.send(new ConfirmSignUpCommand({ ClientId: 'timeclient', Username: 'ana', ConfirmationCode: code }))
        await assert.rejects(lifeguard.code('nobody@example.test'), { message: 'No message with a code was sent to nobody@example.test.' })

        const signIn = { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'ana', PASSWORD: password } } as const
        const { AuthenticationResult: tokens } = await client.send(new InitiateAuthCommand({ ClientId: 'timeclient', ...signIn }))
        await client.send(new GetUserCommand({ AccessToken: tokens?.AccessToken }))
        const before = await lifeguard.now()
        await lifeguard.advanceClock(3601)
        assert.ok((await lifeguard.now()).getTime() - before.getTime() >= 3_601_000)
        await assert.rejects(client.send(new GetUserCommand({ AccessToken: tokens?.AccessToken })), { message: 'Access Token has expired' })
      })

      it('is empty after a reset, with the time of the machine, and the same ids can be given again', async () => {
        await givenPool('us-east-1_again', 'againclient')
        const user = {
          ClientId: 'againclient',
          Username: 'ben',
          Password: password,
          UserAttributes: [{ Name: 'email', Value: 'ben@example.test' }],
        }
        await client.send(new SignUpCommand(user))
        await lifeguard.advanceClock(86_400)

        await lifeguard.reset()
        assert.deepEqual((await client.send(new ListUserPoolsCommand({ MaxResults: 10 }))).UserPools, [])
        await assert.rejects(client.send(new SignUpCommand(user)), { name: 'ResourceNotFoundException' })
        assert.deepEqual(await lifeguard.messages(), [])
        assert.ok((await lifeguard.now()).getTime() < Date.now() + 60_000)

        await givenPool('us-east-1_again', 'againclient')
        await assert.rejects(client.send(new AdminGetUserCommand({ UserPoolId: 'us-east-1_again', Username: 'ben' })), {
          name: 'UserNotFoundException',
        })
        await client.send(new SignUpCommand(user))
      })

      it('calls the operations that no AWS SDK has', async () => {
        await givenPool('us-east-1_own', 'ownclient')
        const changed = await lifeguard.call('SetUserPoolExtensions', { UserPoolId: 'us-east-1_own', SignUp: { ContactCorrection: true } })
        assert.equal((changed['SignUp'] as { ContactCorrection: boolean }).ContactCorrection, true)
        await assert.rejects(lifeguard.call('GetUserPoolExtensions', { UserPoolId: 'us-east-1_unknown' }), {
          name: 'ResourceNotFoundException',
        })
      })

      it('refuses an id that is taken, that is no id, or whose data is still being removed', async () => {
        await givenPool('us-east-1_taken', 'takenclient')
        const createPool = (id: string) => client.send(new CreateUserPoolCommand({ PoolName: 'x', UserPoolTags: { _custom_id_: id } }))
        await assert.rejects(createPool('us-east-1_taken'), { message: 'A user pool with the id us-east-1_taken exists.' })
        await assert.rejects(createPool('no/id'), { name: 'InvalidParameterException' })
        const createClient = (name: string) =>
          client.send(new CreateUserPoolClientCommand({ UserPoolId: 'us-east-1_taken', ClientName: name }))
        await assert.rejects(createClient('_custom_id_:takenclient'), { message: 'An app client with the id takenclient exists.' })
        await assert.rejects(createClient('_custom_id_:a b'), { name: 'InvalidParameterException' })
        await assert.rejects(createClient('other:name'), { name: 'InvalidParameterException' })

        await client.send(new DeleteUserPoolCommand({ UserPoolId: 'us-east-1_taken' }))
        await assert.rejects(createPool('us-east-1_taken'), { message: /is still being removed/ })
      })

      it('keeps the id of an app client when the client is updated', async () => {
        await givenPool('us-east-1_kept', 'keptclient')
        const update = { UserPoolId: 'us-east-1_kept', ClientId: 'keptclient', ClientName: '_custom_id_:keptclient' }
        const { UserPoolClient: updated } = await client.send(new UpdateUserPoolClientCommand(update))
        assert.equal(updated?.ClientId, 'keptclient')
        assert.equal(updated.ClientName, '_custom_id_:keptclient')
      })

      it('refuses pages of other sites, and times that are none', async () => {
        const post = (path: string, body: string, origin?: string) =>
          fetch(`${lifeguard.url}${path}`, { method: 'POST', body, headers: origin === undefined ? {} : { origin } })
        assert.equal((await post('/_test/reset', '{}', 'https://evil.test')).status, 403)
        assert.equal((await post('/_test/clock', '{"advanceSeconds":1}', 'https://evil.test')).status, 403)
        for (const body of ['', '{}', '{"advanceSeconds":-1}', '{"advanceSeconds":1e300}', '{"advanceSeconds":"1"}']) {
          assert.equal((await post('/_test/clock', body)).status, 400, body)
        }
      })
    })
  }
}

describe('A server for tests that cannot start', () => {
  for (const run of waysToRun) {
    it(`says why, ${run}`, async () => {
      await assert.rejects(startLifeguard({ run, flags: ['--no-such-flag', 'x'] }), { message: /no-such-flag/ })
    })
  }
})

for (const engine of engines) {
  describe(`A server in production on ${engine.name}`, () => {
    it('gives every pool and app client an id of its own, and has no addresses for tests', async () => {
      await using server = await startProductionServer(engine)
      const client = server.client(await server.createKey())
      const UserPoolTags = { _custom_id_: 'eu-west-1_chosen' }
      const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'x', UserPoolTags }))
      assert.match(UserPool?.Id ?? '', /^eu-west-1_[0-9a-zA-Z]{9}$/)
      const createClient = new CreateUserPoolClientCommand({ UserPoolId: UserPool?.Id, ClientName: '_custom_id_:chosen' })
      await assert.rejects(client.send(createClient), {
        name: 'InvalidParameterException',
        message:
          "1 validation error detected: Value '_custom_id_:chosen' at 'clientName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+",
      })
      for (const path of ['/_test/reset', '/_test/clock']) {
        assert.equal((await fetch(`${server.url}${path}`, { method: 'POST', body: '{"advanceSeconds":1}' })).status, 404)
      }
    })
  })
}
