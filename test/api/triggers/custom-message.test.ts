import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  type AdminCreateUserConfigType,
  AdminGetUserCommand,
  ForgotPasswordCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { SmsConfiguration } from '../../support/mfa.ts'
import { noJson } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'

const endpoint = await openTriggerEndpoint()

const UserAttributes = [{ Name: 'email', Value: 'ana@example.test' }]
const Password = 'Correct-horse-7'

for (const engine of engines) {
  describe(`CustomMessage on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function givenHandler(handler: (event: TriggerEvent) => unknown, AdminCreateUserConfig?: AdminCreateUserConfigType) {
      const triggers = endpoint.given({ CustomMessage: handler })
      const { lambdaConfig: LambdaConfig } = triggers
      const given = await server().givenPool({
        pool: { AutoVerifiedAttributes: ['email'], LambdaConfig, SmsConfiguration, AdminCreateUserConfig },
      })
      const inbox = async () => (await server().inbox()).filter(({ userPoolId }) => userPoolId === given.poolId)
      const signUp = (more: object = {}) =>
        server().send(new SignUpCommand({ ClientId: given.clientId, Username: 'ana', Password, UserAttributes, ...more }))
      return { ...given, triggers, inbox, signUp }
    }

    it('writes the message of a sign-up, and never gets the code', async () => {
      const { poolId, clientId, triggers, inbox, signUp } = await givenHandler((event) => {
        event.response.emailSubject = 'Welcome'
        event.response.emailMessage = `Hello <b>${event.request.userAttributes.email}</b>, use ${event.request.codeParameter}!`
        return event
      })
      const { UserSub } = await signUp({ ClientMetadata: { theme: 'dark' } })
      const [message, ...others] = await inbox()
      assert.deepEqual(others, [])
      assert.equal(message?.subject, 'Welcome')
      assert.equal(message?.html, `Hello <b>ana@example.test</b>, use ${message.code}!`)
      assert.deepEqual(triggers.events, [
        {
          version: '1',
          region: 'us-east-1',
          userPoolId: poolId,
          userName: 'ana',
          callerContext: { awsSdkVersion: triggers.events[0]?.callerContext.awsSdkVersion, clientId },
          triggerSource: 'CustomMessage_SignUp',
          request: {
            userAttributes: {
              sub: UserSub,
              email: 'ana@example.test',
              email_verified: 'false',
              'cognito:user_status': 'UNCONFIRMED',
            },
            codeParameter: '{####}',
            usernameParameter: null,
            clientMetadata: { theme: 'dark' },
          },
          response: { smsMessage: null, emailMessage: null, emailSubject: null },
        },
      ])
      assert.match(triggers.events[0]?.callerContext.awsSdkVersion ?? '', /^aws-sdk-js-3\./)
    })

    it('lets the pool’s template apply when its response is empty', async () => {
      const { inbox, signUp } = await givenHandler((event) => event)
      await signUp()
      assert.deepEqual(
        (await inbox()).map(({ subject }) => subject),
        ['Your verification code'],
      )
    })

    it('can suppress a message', async () => {
      const { triggers, inbox, signUp } = await givenHandler((event) => {
        event.response.messageAction = 'SUPPRESS'
        return event
      })
      const { CodeDeliveryDetails } = await signUp()
      assert.equal(CodeDeliveryDetails?.Destination, 'a***@e***')
      assert.deepEqual(await inbox(), [])
      assert.deepEqual(triggers.fired, ['CustomMessage_SignUp'])
    })

    for (const [name, handler, error] of [
      ['throws', () => assert.fail('no'), { name: 'UserLambdaValidationException', message: 'CustomMessage failed with error no.' }],
      ['returns nothing', () => undefined, noJson],
      [
        'leaves out the code',
        (event: TriggerEvent) => ({ ...event, response: { emailMessage: 'Hello!' } }),
        { name: 'InvalidLambdaResponseException' },
      ],
      [
        'returns a number in place of a text',
        (event: TriggerEvent) => ({ ...event, response: { emailMessage: 7 } }),
        { name: 'InvalidLambdaResponseException' },
      ],
    ] as const) {
      it(`fails the call and sends nothing when it ${name}`, async () => {
        const { inbox, signUp } = await givenHandler(handler)
        await assert.rejects(signUp(), error)
        assert.deepEqual(await inbox(), [])
      })
    }

    it('writes an invitation with username and password, and is invoked once for it', async () => {
      const { poolId, triggers, inbox } = await givenHandler((event) => {
        event.response.emailMessage = `${event.request.usernameParameter} / ${event.request.codeParameter}`
        return event
      })
      const TemporaryPassword = 'Temporary-7&'
      await server().send(
        new AdminCreateUserCommand({
          UserPoolId: poolId,
          Username: 'bo',
          UserAttributes,
          TemporaryPassword,
          DesiredDeliveryMediums: ['EMAIL'],
        }),
      )
      assert.deepEqual(triggers.fired, ['CustomMessage_AdminCreateUser'])
      assert.equal(triggers.events[0]?.callerContext.clientId, 'CLIENT_ID_NOT_APPLICABLE')
      assert.deepEqual(
        (await inbox()).map(({ html }) => html),
        ['bo / Temporary-7&amp;'],
      )
      await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'bo' }))
      assert.equal(triggers.fired.length, 1)
    })

    const name = '{username}'
    const code = '{####}'
    const ownWords = /^Your username is bo and temporary password is Temporary-7\. $/
    const invitations = [
      { what: 'the username', body: `Use ${code}!`, seen: ownWords },
      { what: 'the password', body: `You are ${name}.`, seen: ownWords },
      { what: 'both', body: 'Welcome!', seen: ownWords },
      { what: 'nothing', body: `${code} of ${name}`, seen: /^Temporary-7 of bo$/ },
    ]
    for (const { what, body, seen } of invitations) {
      for (const template of [undefined, `As ${name} take ${code}.`]) {
        it(`sends an invitation with both username and password when the function’s text lacks ${what}, in a pool ${template === undefined ? 'without' : 'with'} a template`, async () => {
          const own = template === undefined ? ownWords : /^As bo take Temporary-7\.$/
          const { poolId, triggers, inbox } = await givenHandler(
            (event) => ({ ...event, response: { emailSubject: 'Welcome', emailMessage: body, smsMessage: body } }),
            template === undefined ? undefined : { InviteMessageTemplate: { EmailMessage: template, SMSMessage: template } },
          )
          const request = { UserPoolId: poolId, Username: 'bo', TemporaryPassword: 'Temporary-7', DesiredDeliveryMediums: ['EMAIL', 'SMS'] }
          const attributes = [...UserAttributes, { Name: 'phone_number', Value: '+15550001234' }]
          for (const more of [{ UserAttributes: attributes }, { MessageAction: 'RESEND' }]) {
            const { User } = await server().send(new AdminCreateUserCommand({ ...request, ...more } as AdminCreateUserCommandInput))
            assert.equal(User?.UserStatus, 'FORCE_CHANGE_PASSWORD')
          }
          const sent = await inbox()
          assert.deepEqual(sent.map(({ channel }) => channel).sort(), ['email', 'email', 'sms', 'sms'])
          for (const message of sent) {
            assert.match((message.channel === 'email' ? message.html : message.text) ?? '', seen === ownWords ? own : seen)
            if (message.channel === 'email') assert.equal(message.subject, 'Welcome')
          }
          assert.deepEqual(triggers.fired, ['CustomMessage_AdminCreateUser', 'CustomMessage_AdminCreateUser'])
        })
      }
    }

    it('does not reveal by its duration which users exist, where the client hides that', async () => {
      const tookMs = 150
      const triggers = endpoint.given({
        CustomMessage: (event) => new Promise((resolve) => setTimeout(resolve, tookMs, event)),
      })
      const { poolId, clientId } = await server().givenPool({
        pool: { AutoVerifiedAttributes: ['email'], LambdaConfig: triggers.lambdaConfig },
        client: { PreventUserExistenceErrors: 'ENABLED' },
      })
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'ana', Password, UserAttributes }))
      const start = performance.now()
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'nobody' }))
      // The call takes at least as long as the function would. Load only makes the call longer. A timer may end a millisecond early.
      assert.ok(performance.now() - start >= tookMs - 1)
      assert.deepEqual(triggers.fired, ['CustomMessage_SignUp'])
      assert.equal((await server().inbox()).filter(({ userPoolId }) => userPoolId === poolId).length, 1)
    })

    it('is not invoked for a user who does not exist', async () => {
      const { clientId, triggers, inbox } = await givenHandler((event) => event)
      await assert.rejects(server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'nobody' })), {
        name: 'UserNotFoundException',
      })
      assert.deepEqual(triggers.fired, [])
      assert.deepEqual(await inbox(), [])
    })
  })
}
