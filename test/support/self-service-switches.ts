import { randomUUID } from 'node:crypto'
import { definitionOf } from '../../src/contract/model.ts'
import type { OperationName } from '../../src/contract/operation.ts'
import type { SelfServiceOperation } from '../../src/pools/extensions/self-service.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { rawCall } from './raw-call.ts'
import { goodPassword } from './sign-in.ts'
import type { TestServer } from './test-server.ts'

type Rule = { readonly Allowed?: boolean; readonly MaxAuthAgeMinutes?: number; readonly SecondFactor?: boolean }

export type SelfService = {
  readonly Operations?: Readonly<Partial<Record<SelfServiceOperation, Rule>>>
  readonly LockedAttributes?: readonly string[]
}

/** Sets what users of the pool may do for themselves. */
export const setSelfService = (server: Pick<TestServer, 'url'>, poolId: string, SelfService: SelfService) =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, SelfService })

/** Sets what users of the app client may do for themselves. */
export const setClientSelfService = (
  server: Pick<TestServer, 'url'>,
  ids: { readonly poolId: string; readonly clientId: string },
  SelfService: SelfService,
) => callLifeguard(server, 'SetUserPoolClientExtensions', { UserPoolId: ids.poolId, ClientId: ids.clientId, SelfService })

/** Turns the operations off. */
export const without = (...names: readonly SelfServiceOperation[]): SelfService => ({
  Operations: Object.fromEntries(names.map((name) => [name, { Allowed: false }])),
})

export const offMessage = (name: string): string => `This user pool does not allow users to call ${name}.`
export const lockedMessage = (name: string): string => `This user pool does not allow users to change the attribute ${name}.`
export const refusal = (message: string) => ({ name: 'NotAuthorizedException', message })
export const off = (name: string) => refusal(offMessage(name))
export const locked = (name: string) => refusal(lockedMessage(name))

type Given = { readonly poolId: string; readonly clientId: string; readonly accessToken: string; readonly username: string }

/** A request of each operation that the contract accepts. Not all of them can succeed. */
const requests: Readonly<Record<SelfServiceOperation | 'ConfirmForgotPassword', (given: Given) => object>> = {
  AssociateSoftwareToken: () => ({}),
  ChangePassword: () => ({ PreviousPassword: goodPassword, ProposedPassword: 'Another-horse-8' }),
  ChangeUsername: () => ({ NewUsername: `new-${randomUUID()}` }),
  CompleteWebAuthnRegistration: () => ({ Credential: {} }),
  ConfirmDevice: () => ({ DeviceKey: `us-east-1_${randomUUID()}` }),
  ConfirmForgotPassword: ({ clientId: ClientId, username }) => {
    return { ClientId, Username: username, ConfirmationCode: '123456', Password: 'Another-horse-8' }
  },
  CorrectSignUpContact: ({ clientId: ClientId, username }) => {
    return { ClientId, Username: username, Session: 'x'.repeat(40), AttributeName: 'email', Value: 'new@example.test' }
  },
  CreateRecoveryCodes: () => ({}),
  DeleteUser: () => ({}),
  DeleteUserAttributes: () => ({ UserAttributeNames: ['nickname'] }),
  DeleteWebAuthnCredential: () => ({ CredentialId: 'none' }),
  ForgetDevice: () => ({ DeviceKey: `us-east-1_${randomUUID()}` }),
  ForgotPassword: ({ clientId: ClientId, username }) => ({ ClientId, Username: username }),
  GetDevice: () => ({ DeviceKey: `us-east-1_${randomUUID()}` }),
  GetRecoveryCodeStatus: () => ({}),
  GetUser: () => ({}),
  GetUserAttributeVerificationCode: () => ({ AttributeName: 'email' }),
  GetUserAuthFactors: () => ({}),
  GlobalSignOut: () => ({}),
  ListDevices: () => ({}),
  ListUserSessions: () => ({}),
  ListWebAuthnCredentials: () => ({}),
  RevokeToken: ({ clientId: ClientId }) => ({ ClientId, Token: 'none' }),
  RevokeUserSession: () => ({ SessionId: `tkn${'0'.repeat(25)}` }),
  SetUserMFAPreference: () => ({}),
  SetUserSettings: () => ({ MFAOptions: [] }),
  SignUp: ({ clientId: ClientId }) => ({ ClientId, Username: `new-${randomUUID()}`, Password: goodPassword }),
  StartWebAuthnRegistration: () => ({}),
  UnlinkProvider: () => ({ ProviderName: 'Corp', UserId: 'none' }),
  UpdateAuthEventFeedback: ({ poolId: UserPoolId, username }) => {
    return { UserPoolId, Username: username, EventId: randomUUID(), FeedbackToken: 'none', FeedbackValue: 'Valid' }
  },
  UpdateDeviceStatus: () => ({ DeviceKey: `us-east-1_${randomUUID()}` }),
  UpdateUserAttributes: () => ({ UserAttributes: [{ Name: 'nickname', Value: 'nan' }] }),
  UpdateWebAuthnCredential: () => ({ CredentialId: 'none', FriendlyCredentialName: 'My phone' }),
  VerifySoftwareToken: () => ({ UserCode: '123456' }),
  VerifyUserAttribute: () => ({ AttributeName: 'email', Code: '123456' }),
}

/** Calls an operation as a user does. The answer is `ok`, or the name and the message of the error. */
export async function callAsUser(
  server: Pick<TestServer, 'url'>,
  name: SelfServiceOperation | 'ConfirmForgotPassword',
  given: Given,
  more: object = {},
): Promise<string> {
  const isByToken = !Object.hasOwn(requests[name](given), 'ClientId') && name !== 'UpdateAuthEventFeedback'
  const request = { ...requests[name](given), ...(isByToken && { AccessToken: given.accessToken }), ...more }
  const { status, body } = await rawCall(server, targetOf(name), request)
  return status === 200 ? 'ok' : `${body['__type']}: ${body['message']}`
}

/** The value of X-Amz-Target. */
const targetOf = (name: OperationName): string =>
  `${definitionOf(name).service === 'lifeguard' ? 'LifeguardService' : 'AWSCognitoIdentityProviderService'}.${name}`
