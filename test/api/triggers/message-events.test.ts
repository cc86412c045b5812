import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminResetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  ForgotPasswordCommand,
  GetUserAttributeVerificationCodeCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminCreate, adminCreateSilently } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { attributeList, givenConfirmedUser, givenSignedInUser, sentTo, signUp } from '../../support/self-service.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const fresh = 'new@example.test'
const ClientMetadata = { theme: 'dark' }

type Given = Awaited<ReturnType<typeof givenPoolWithEvery>>
type Case = {
  readonly source: string
  readonly by: string
  /** Calls the operation that sends the message. */
  cause(at: Given): Promise<unknown>
  /** The sources of the other triggers that `cause` invokes before CustomMessage. */
  readonly alsoFired?: readonly string[]
  readonly attributes: { readonly status: string; readonly email: string; readonly verified: string | undefined }
  readonly sent: string
  readonly isAdmin?: boolean
}

for (const engine of engines) {
  describe(`Messages on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    /** Waits for `before`, which prepares the test. Then forgets the events of the triggers that the preparation invoked. */
    async function after<T>({ triggers }: Given, before: Promise<T>): Promise<T> {
      const done = await before
      triggers.clear()
      return done
    }
    const signedIn = (at: Given) => after(at, givenSignedInUser(server(), at, 'ana', { email }))
    const confirmed = (at: Given) => after(at, givenConfirmedUser(server(), at, 'ana', { email }))
    const toNewAddress = { Username: 'ana', UserAttributes: attributeList({ email: fresh }), ClientMetadata }
    const ofAna = { status: 'CONFIRMED', email, verified: 'true' }

    const cases: readonly Case[] = [
      {
        source: 'SignUp',
        by: 'SignUp',
        cause: ({ clientId: ClientId }) =>
          server().send(
            new SignUpCommand({
              ClientId,
              Username: 'ana',
              Password: goodPassword,
              UserAttributes: attributeList({ email }),
              ClientMetadata,
            }),
          ),
        alsoFired: ['PreSignUp_SignUp'],
        attributes: { status: 'UNCONFIRMED', email, verified: 'false' },
        sent: `sign-up ${email}`,
      },
      {
        source: 'ResendCode',
        by: 'ResendConfirmationCode',
        async cause(at) {
          await after(at, signUp(server(), at.clientId, 'ana', { email }))
          await server().send(new ResendConfirmationCodeCommand({ ClientId: at.clientId, Username: 'ana', ClientMetadata }))
        },
        attributes: { status: 'UNCONFIRMED', email, verified: 'false' },
        sent: `resend ${email}`,
      },
      {
        source: 'ForgotPassword',
        by: 'ForgotPassword',
        async cause(at) {
          await confirmed(at)
          await server().send(new ForgotPasswordCommand({ ClientId: at.clientId, Username: 'ana', ClientMetadata }))
        },
        attributes: ofAna,
        sent: `forgot-password ${email}`,
      },
      {
        source: 'ForgotPassword',
        by: 'AdminResetUserPassword',
        async cause(at) {
          await confirmed(at)
          await server().send(new AdminResetUserPasswordCommand({ UserPoolId: at.poolId, Username: 'ana', ClientMetadata }))
        },
        attributes: ofAna,
        sent: `forgot-password ${email}`,
        isAdmin: true,
      },
      {
        source: 'UpdateUserAttribute',
        by: 'UpdateUserAttributes',
        async cause(at) {
          const { accessToken: AccessToken } = await signedIn(at)
          await server().send(new UpdateUserAttributesCommand({ AccessToken, ...toNewAddress }))
        },
        attributes: { ...ofAna, email: fresh },
        sent: `update-attribute ${fresh}`,
      },
      {
        source: 'UpdateUserAttribute',
        by: 'AdminUpdateUserAttributes',
        async cause(at) {
          await confirmed(at)
          await server().send(new AdminUpdateUserAttributesCommand({ UserPoolId: at.poolId, ...toNewAddress }))
        },
        attributes: { ...ofAna, email: fresh },
        sent: `update-attribute ${fresh}`,
        isAdmin: true,
      },
      {
        source: 'VerifyUserAttribute',
        by: 'GetUserAttributeVerificationCode',
        async cause(at) {
          const { accessToken: AccessToken } = await signedIn(at)
          await server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'email', ClientMetadata }))
        },
        attributes: ofAna,
        sent: `verify-attribute ${email}`,
      },
      {
        source: 'AdminCreateUser',
        by: 'AdminCreateUser',
        cause: ({ poolId }) =>
          adminCreate(server(), poolId, 'ana', { attributes: { email }, DesiredDeliveryMediums: ['EMAIL'], ClientMetadata }),
        alsoFired: ['PreSignUp_AdminCreateUser'],
        attributes: { status: 'FORCE_CHANGE_PASSWORD', email, verified: undefined },
        sent: `invitation ${email}`,
        isAdmin: true,
      },
      {
        source: 'AdminCreateUser',
        by: 'AdminCreateUser with RESEND',
        async cause(at) {
          await after(at, adminCreateSilently(server(), at.poolId, 'ana', { attributes: { email } }))
          await adminCreate(server(), at.poolId, 'ana', { MessageAction: 'RESEND', DesiredDeliveryMediums: ['EMAIL'], ClientMetadata })
        },
        attributes: { status: 'FORCE_CHANGE_PASSWORD', email, verified: undefined },
        sent: `invitation ${email}`,
        isAdmin: true,
      },
    ]
    for (const { source, by, cause, alsoFired = [], attributes, sent, isAdmin = false } of cases) {
      it(`of ${by} invoke CustomMessage_${source}; no other trigger is invoked for the message`, async () => {
        const at = await givenPoolWithEvery(server(), endpoint, {}, { pool: { AutoVerifiedAttributes: ['email'] } })
        await cause(at)
        assert.deepEqual(at.triggers.fired, [...alsoFired, `CustomMessage_${source}`])
        const event = at.triggers.events.at(-1)
        const { sub } = event?.request.userAttributes ?? {}
        assert.match(sub, /^[0-9a-f-]{36}$/)
        assert.deepEqual(event, {
          version: '1',
          region: 'us-east-1',
          userPoolId: at.poolId,
          userName: 'ana',
          callerContext: {
            awsSdkVersion: event?.callerContext.awsSdkVersion,
            clientId: isAdmin ? 'CLIENT_ID_NOT_APPLICABLE' : at.clientId,
          },
          triggerSource: `CustomMessage_${source}`,
          request: {
            userAttributes: {
              sub,
              'cognito:user_status': attributes.status,
              email: attributes.email,
              ...(attributes.verified !== undefined && { email_verified: attributes.verified }),
            },
            codeParameter: '{####}',
            usernameParameter: source === 'AdminCreateUser' ? '{username}' : null,
            clientMetadata: ClientMetadata,
          },
          response: { smsMessage: null, emailMessage: null, emailSubject: null },
        })
        assert.match(event?.callerContext.awsSdkVersion ?? '', /^aws-sdk-js-3\./)
        assert.equal((await sentTo(server(), at.poolId)).at(-1), sent)
      })
    }
  })
}
