import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminResetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  ForgotPasswordCommand,
  GetUserAttributeVerificationCodeCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { decryptCode, openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { prefer, SmsConfiguration, setMfa } from '../../support/mfa.ts'
import { attributeList } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const endpoint = await openTriggerEndpoint()
const codeKey = openCodeKeyFile()

type Medium = {
  readonly trigger: 'CustomEmailSender' | 'CustomSMSSender'
  readonly type: string
  readonly attribute: 'email' | 'phone_number'
  readonly address: string
  readonly other: string
  readonly medium: 'EMAIL' | 'SMS'
}

const media: readonly Medium[] = [
  {
    trigger: 'CustomEmailSender',
    type: 'customEmailSenderRequestV1',
    attribute: 'email',
    address: 'ana@example.test',
    other: 'other@example.test',
    medium: 'EMAIL',
  },
  {
    trigger: 'CustomSMSSender',
    type: 'customSMSSenderRequestV1',
    attribute: 'phone_number',
    address: '+15551234444',
    other: '+15557776666',
    medium: 'SMS',
  },
]

type Scenario = Medium & { readonly server: TestServer; readonly poolId: string; readonly clientId: string }

const subOf = async (answer: Promise<{ UserSub?: string | undefined }>) => (await answer).UserSub ?? ''

const signUp = ({ server, clientId, attribute, address }: Scenario, more: object = {}) =>
  subOf(
    server.send(
      new SignUpCommand({
        ClientId: clientId,
        Username: 'ana',
        Password: goodPassword,
        UserAttributes: attributeList({ [attribute]: address }),
        ...more,
      }),
    ),
  )

const givenAna = ({ server, poolId, attribute, address }: Scenario) =>
  givenUser(server, poolId, 'ana', { attributes: attributeList({ [attribute]: address, [`${attribute}_verified`]: 'true' }) })

const ClientMetadata = { theme: 'dark' }

/** The operations that send messages, and what is special about their events. `act` resolves with the user's `sub`. */
const operations: readonly {
  readonly operation: string
  readonly kind: string
  readonly status: string
  /** The user's `email_verified` or `phone_number_verified` in the event: `true` if missing here; null when the event has neither. */
  readonly verified?: string | null
  readonly isAdmin?: boolean
  readonly metadata?: object | null
  readonly toOther?: boolean
  readonly code?: string | RegExp
  act(scenario: Scenario): Promise<string>
}[] = [
  {
    operation: 'SignUp',
    kind: 'SignUp',
    status: 'UNCONFIRMED',
    verified: 'false',
    act: (scenario) => signUp(scenario, { ClientMetadata }),
  },
  {
    operation: 'ResendConfirmationCode',
    kind: 'ResendCode',
    status: 'UNCONFIRMED',
    verified: 'false',
    metadata: null,
    async act(scenario) {
      const sub = await signUp(scenario)
      await scenario.server.inbox()
      await scenario.server.send(new ResendConfirmationCodeCommand({ ClientId: scenario.clientId, Username: 'ana' }))
      return sub
    },
  },
  {
    operation: 'ForgotPassword',
    kind: 'ForgotPassword',
    status: 'CONFIRMED',
    async act(scenario) {
      const { sub } = await givenAna(scenario)
      await scenario.server.send(new ForgotPasswordCommand({ ClientId: scenario.clientId, Username: 'ana', ClientMetadata }))
      return sub
    },
  },
  {
    operation: 'AdminResetUserPassword',
    kind: 'ForgotPassword',
    status: 'CONFIRMED',
    isAdmin: true,
    async act(scenario) {
      const { sub } = await givenAna(scenario)
      await scenario.server.send(new AdminResetUserPasswordCommand({ UserPoolId: scenario.poolId, Username: 'ana', ClientMetadata }))
      return sub
    },
  },
  {
    operation: 'UpdateUserAttributes',
    kind: 'UpdateUserAttribute',
    status: 'CONFIRMED',
    toOther: true,
    async act(scenario) {
      const { sub } = await givenAna(scenario)
      const { accessToken } = await givenTokens(scenario.server, scenario.clientId, 'ana')
      const UserAttributes = attributeList({ [scenario.attribute]: scenario.other })
      await scenario.server.send(new UpdateUserAttributesCommand({ AccessToken: accessToken, UserAttributes, ClientMetadata }))
      return sub
    },
  },
  {
    operation: 'AdminUpdateUserAttributes',
    kind: 'UpdateUserAttribute',
    status: 'CONFIRMED',
    isAdmin: true,
    toOther: true,
    async act(scenario) {
      const { sub } = await givenAna(scenario)
      const UserAttributes = attributeList({ [scenario.attribute]: scenario.other })
      const request = { UserPoolId: scenario.poolId, Username: 'ana', UserAttributes, ClientMetadata }
      await scenario.server.send(new AdminUpdateUserAttributesCommand(request))
      return sub
    },
  },
  {
    operation: 'GetUserAttributeVerificationCode',
    kind: 'VerifyUserAttribute',
    status: 'CONFIRMED',
    async act(scenario) {
      const { sub } = await givenAna(scenario)
      const { accessToken } = await givenTokens(scenario.server, scenario.clientId, 'ana')
      const request = { AccessToken: accessToken, AttributeName: scenario.attribute, ClientMetadata }
      await scenario.server.send(new GetUserAttributeVerificationCodeCommand(request))
      return sub
    },
  },
  {
    operation: 'AdminCreateUser',
    kind: 'AdminCreateUser',
    status: 'FORCE_CHANGE_PASSWORD',
    verified: null,
    isAdmin: true,
    code: 'Temp&amp;&lt;7&gt;"word',
    async act({ server, poolId, attribute, address, medium }) {
      const { User } = await server.send(
        new AdminCreateUserCommand({
          UserPoolId: poolId,
          Username: 'ana',
          TemporaryPassword: 'Temp&<7>"word',
          DesiredDeliveryMediums: [medium],
          UserAttributes: attributeList({ [attribute]: address }),
          ClientMetadata,
        }),
      )
      return User?.Attributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
    },
  },
  {
    operation: 'a second factor',
    kind: 'Authentication',
    status: 'CONFIRMED',
    metadata: null,
    async act(scenario) {
      const { server, poolId, clientId, attribute } = scenario
      await setMfa(server, poolId, 'OPTIONAL', ['sms', 'email'])
      const { sub } = await givenAna(scenario)
      const settings = attribute === 'email' ? { EmailMfaSettings: { Enabled: true } } : { SMSMfaSettings: { Enabled: true } }
      await prefer(server, poolId, 'ana', settings)
      await signInByPassword(server, clientId, 'ana')
      return sub
    },
  },
]

for (const engine of engines) {
  describe(`Custom senders on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: [...endpoint.flags, ...codeKey.flags] })

    for (const medium of media) {
      for (const {
        operation,
        kind,
        status,
        verified = 'true',
        isAdmin,
        metadata = ClientMetadata,
        toOther,
        code = /^\d{6}$/,
        act,
      } of operations) {
        it(`deliver what ${operation} sends, through ${medium.trigger} alone`, async () => {
          const { trigger, type, attribute, address, other } = medium
          // This CustomMessage function fails every call that invokes it. So the test shows that no call does.
          const triggers = endpoint.given({ [trigger]: () => undefined, CustomMessage: () => assert.fail('invoked') })
          const { lambdaConfig: LambdaConfig } = triggers
          const pool = { AutoVerifiedAttributes: [attribute], SmsConfiguration, LambdaConfig }
          const { poolId, clientId } = await server().givenPool({ pool })

          const sub = await act({ ...medium, server: server(), poolId, clientId })

          const mails = await server().inbox()
          assert.deepEqual(
            mails.filter(({ userPoolId }) => userPoolId === poolId),
            [],
          )
          const expected = operation === 'ResendConfirmationCode' ? [`${trigger}_SignUp`, `${trigger}_${kind}`] : [`${trigger}_${kind}`]
          assert.deepEqual(triggers.fired, expected)
          const event = triggers.events.at(-1)
          const keyring = codeKey.keyring(LambdaConfig.KMSKeyID ?? '')
          const { text, context } = await decryptCode(keyring, event?.request.code)
          if (typeof code === 'string') assert.equal(text, code)
          else assert.match(text, code)
          assert.deepEqual(context, { 'userpool-id': poolId })
          // In base64, every code that Cognito encrypted begins so: these bytes name the version and the algorithm of the encryption.
          assert.match(event?.request.code, /^AYADe/)
          assert.deepEqual(event, {
            version: '1',
            region: 'us-east-1',
            userPoolId: poolId,
            userName: 'ana',
            callerContext: {
              awsSdkVersion: event?.callerContext.awsSdkVersion,
              clientId: isAdmin ? 'CLIENT_ID_NOT_APPLICABLE' : clientId,
            },
            triggerSource: `${trigger}_${kind}`,
            request: {
              type,
              code: event?.request.code,
              clientMetadata: metadata,
              userAttributes: {
                sub,
                'cognito:user_status': status,
                [attribute]: toOther ? other : address,
                ...(verified !== null && { [`${attribute}_verified`]: verified }),
              },
            },
            response: {},
          })
        })
      }
    }
  })
}
