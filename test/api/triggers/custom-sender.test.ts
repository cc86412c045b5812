import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildClient, CommitmentPolicy, KMS, KmsKeyringNode } from '@aws-crypto/client-node'
import { AdminCreateUserCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { decryptCode, openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { openLocalKms } from '../../support/local-kms.ts'
import { SmsConfiguration } from '../../support/mfa.ts'
import { attributeList, confirm, messagesOf, signUp, wrongCode } from '../../support/self-service.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { type GivenTriggers, type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

// The AWS SDK takes its credentials for KMS from these variables, in the server and in the tests below.
process.env['AWS_ACCESS_KEY_ID'] = 'AKIAKMS'
process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'

const endpoint = await openTriggerEndpoint()
const codeKey = openCodeKeyFile()
const kms = await openLocalKms()
const minute = 60_000
const email = 'ana@example.test'

async function givenSender(server: TestServer, handler: Handler, more: Parameters<typeof endpoint.given>[0] = {}) {
  const triggers = endpoint.given({ CustomEmailSender: handler, ...more })
  const { lambdaConfig: LambdaConfig } = triggers
  const ids = await server.givenPool({ pool: { AutoVerifiedAttributes: ['email'], SmsConfiguration, LambdaConfig } })
  return { ...ids, triggers }
}

/** All codes that arrived, decrypted. */
async function codesOf({ events, lambdaConfig }: GivenTriggers): Promise<string[]> {
  const keyring = codeKey.keyring(lambdaConfig.KMSKeyID ?? '')
  return Promise.all(events.map(async ({ request }) => (await decryptCode(keyring, request.code)).text))
}

for (const engine of engines) {
  describe(`A custom sender on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: [...endpoint.flags, ...codeKey.flags] })

    it('gets the valid code, and the caller gets the masked address', async () => {
      const { poolId, clientId, triggers } = await givenSender(server(), (event) => event)
      const { CodeDeliveryDetails } = await signUp(server(), clientId, 'ana', { email })
      assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })
      assert.deepEqual(await messagesOf(server(), poolId), [])
      const [code = ''] = await codesOf(triggers)
      await assert.rejects(confirm(server(), clientId, 'ana', wrongCode(code)), { name: 'CodeMismatchException' })
      await confirm(server(), clientId, 'ana', code)
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
      assert.deepEqual(triggers.fired, ['CustomEmailSender_SignUp'])
    })

    for (const [what, answer] of [
      ['throws', () => assert.fail('no')],
      ['exceeds its time limit', () => new Promise(() => undefined)],
    ] as const) {
      it(`that ${what} is retried with the same code, and the caller gets no error`, async () => {
        let broken = true
        const { poolId, clientId, triggers } = await givenSender(server(), () => (broken ? answer() : undefined))
        const Triggers = { CustomEmailSender: { TimeoutMilliseconds: 200 } }
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Triggers })
        await signUp(server(), clientId, 'ana', { email })
        await server().inbox()
        assert.equal(triggers.events.length, 1)
        broken = false
        server().clock.advance(minute)
        await server().inbox()
        const [first, second, ...more] = await codesOf(triggers)
        assert.equal(first, second)
        assert.deepEqual(more, [])
        server().clock.advance(60 * minute)
        await server().inbox()
        assert.equal(triggers.events.length, 2)
      })
    }

    it('gets a message once more after a restart when it failed to deliver that message before', async () => {
      let broken = true
      const { clientId, triggers } = await givenSender(server(), () => (broken ? assert.fail('no') : undefined))
      await signUp(server(), clientId, 'ana', { email })
      await server().inbox()
      await server().restart()
      broken = false
      server().clock.advance(minute)
      await server().inbox()
      const [first, second = ''] = await codesOf(triggers)
      assert.equal(first, second)
      await confirm(server(), clientId, 'ana', second)
    })

    it('is not invoked again after a call that succeeds, whatever it returns', async () => {
      const { clientId, triggers } = await givenSender(server(), () => ({ response: 'thank you' }))
      await signUp(server(), clientId, 'ana', { email })
      await server().inbox()
      server().clock.advance(minute)
      await server().inbox()
      assert.equal(triggers.events.length, 1)
    })

    it('gets the messages of its medium only; CustomMessage writes the others', async () => {
      const CustomMessage: Handler = (event) => {
        event.response.smsMessage = `${event.request.usernameParameter}: ${event.request.codeParameter}`
        event.response.emailMessage = 'not even looked at'
        return event
      }
      const { poolId, triggers } = await givenSender(server(), () => undefined, { CustomMessage })
      await server().send(
        new AdminCreateUserCommand({
          UserPoolId: poolId,
          Username: 'ana',
          TemporaryPassword: 'Temp-77-word',
          DesiredDeliveryMediums: ['EMAIL', 'SMS'],
          UserAttributes: attributeList({ email, phone_number: '+15551234444' }),
        }),
      )
      const sent = await messagesOf(server(), poolId)
      assert.deepEqual(
        sent.map(({ channel, text }) => [channel, text]),
        [['sms', 'ana: Temp-77-word']],
      )
      assert.deepEqual(triggers.fired.toSorted(), ['CustomEmailSender_AdminCreateUser', 'CustomMessage_AdminCreateUser'])
    })

    it('that is removed from the pool leaves its undelivered messages unsent: the e-mail gateway does not get them', async () => {
      const { poolId, clientId, triggers } = await givenSender(server(), () => assert.fail('no'))
      await signUp(server(), clientId, 'ana', { email })
      await server().inbox()
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, AutoVerifiedAttributes: ['email'] }))
      for (let round = 0; round < 6; round++) {
        server().clock.advance(60 * minute)
        assert.deepEqual(await messagesOf(server(), poolId), [])
      }
      assert.equal(triggers.events.length, 1)
    })
  })

  describe(`Codes under a key in KMS on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: [...endpoint.flags, '--kms-region', 'eu-west-1', '--kms-endpoint', kms.endpoint] })

    it('can be decrypted with that key only, and name their pool in the encryption context', async () => {
      kms.failWith(undefined)
      const before = kms.calls.length
      const { poolId, clientId, triggers } = await givenSender(server(), () => undefined)
      await signUp(server(), clientId, 'ana', { email })
      assert.deepEqual(await messagesOf(server(), poolId), [])
      assert.deepEqual(kms.calls.slice(before), ['GenerateDataKey eu-west-1'])
      const generatorKeyId = triggers.lambdaConfig.KMSKeyID ?? ''
      const keyring = new KmsKeyringNode({
        generatorKeyId,
        clientProvider: () => new KMS({ endpoint: kms.endpoint, region: 'eu-west-1' }),
      })
      const { text, context } = await decryptCode(keyring, triggers.events[0]?.request.code)
      assert.deepEqual(context, { 'userpool-id': poolId })
      await confirm(server(), clientId, 'ana', text)
      const other = new KmsKeyringNode({
        generatorKeyId: generatorKeyId.replace('1111', '9999'),
        clientProvider: () => new KMS({ endpoint: kms.endpoint, region: 'eu-west-1' }),
      })
      await assert.rejects(decryptCode(other, triggers.events[0]?.request.code))
      const strict = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
      await assert.rejects(strict.decrypt(keyring, Buffer.from(triggers.events[0]?.request.code, 'base64')))
    })

    it('wait while KMS fails, and are never sent unencrypted', async () => {
      kms.failWith('AccessDeniedException')
      const { poolId, clientId, triggers } = await givenSender(server(), () => undefined)
      await signUp(server(), clientId, 'ana', { email })
      assert.deepEqual(await messagesOf(server(), poolId), [])
      assert.deepEqual(triggers.fired, [])
      kms.failWith(undefined)
      server().clock.advance(minute)
      await server().inbox()
      assert.deepEqual(triggers.fired, ['CustomEmailSender_SignUp'])
    })
  })
}
