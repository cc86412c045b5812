import {
  AdminDisableProviderForUserCommand,
  AdminDisableUserCommand,
  AdminResetUserPasswordCommand,
  CreateIdentityProviderCommand,
  ForgotPasswordCommand,
  type InitiateAuthCommandOutput,
  ResendConfirmationCodeCommand,
  SetUserPoolMfaConfigCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently } from './administration.ts'
import { allFactors, givenChoicePool, startBy, startChoice } from './choice.ts'
import { factorBlocks, prefer, registerApp } from './mfa.ts'
import { registerPasskey } from './passkeys.ts'
import { attributeList, type PoolAndClient, signUp, type Values } from './self-service.ts'
import { givenTokens, givenUser } from './sign-in.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

/** A pool that allows every first factor, and with `mfa` every second factor. Its client hides which users exist. */
export async function givenHidingPool(server: TestServer, pool: NonNullable<TestPoolOptions['pool']>, mfa = false) {
  const ids = await givenChoicePool(server, allFactors, { pool, client: { PreventUserExistenceErrors: 'ENABLED' } })
  if (mfa) {
    const WebAuthnConfiguration = { RelyingPartyId: 'example.test', FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' } as const
    const { sms, totp, email } = factorBlocks
    const blocks = { ...sms, ...totp, ...email, WebAuthnConfiguration }
    await server.send(new SetUserPoolMfaConfigCommand({ UserPoolId: ids.poolId, MfaConfiguration: 'OPTIONAL', ...blocks }))
  }
  return ids
}

/** Creates a user with this name and these addresses, and puts the user into a state. */
export type State = (server: TestServer, ids: PoolAndClient, name: string, addresses: Values) => Promise<unknown>

const createByAdmin = (server: TestServer, { poolId }: PoolAndClient, name: string, addresses: Values) =>
  givenUser(server, poolId, name, { attributes: attributeList(addresses) })

const verified = (addresses: Values): Values =>
  Object.fromEntries(Object.entries(addresses).flatMap(([name, value]) => [[name, value] as const, [`${name}_verified`, 'true'] as const]))

function unlessInvalid(error: Error): undefined {
  if (error.name !== 'InvalidParameterException') throw error
}

export const states = {
  unconfirmed: (server, { clientId }, name, addresses) => signUp(server, clientId, name, addresses),
  'without a password': (server, { clientId }, name, addresses) =>
    // If the user could get no code, the server rejects a sign-up without a password. Then the user signs up with one.
    server
      .send(new SignUpCommand({ ClientId: clientId, Username: name, UserAttributes: attributeList(addresses) }))
      .catch(unlessInvalid)
      .then((answer) => answer ?? signUp(server, clientId, name, addresses)),
  'confirmed, verified': (server, ids, name, addresses) => createByAdmin(server, ids, name, verified(addresses)),
  'confirmed, unverified': (server, ids, name, addresses) => createByAdmin(server, ids, name, addresses),
  invited: (server, { poolId }, name, addresses) => adminCreateSilently(server, poolId, name, { attributes: verified(addresses) }),
  'to be reset': async (server, ids, name, addresses) => {
    await createByAdmin(server, ids, name, verified(addresses))
    // The server rejects the reset of a user who could get no code. Then the user stays confirmed.
    await server.send(new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: name })).catch(unlessInvalid)
  },
  disabled: async (server, ids, name, addresses) => {
    await createByAdmin(server, ids, name, verified(addresses))
    await server.send(new AdminDisableUserCommand({ UserPoolId: ids.poolId, Username: name }))
  },
  'with a passkey': async (server, ids, name, addresses) => {
    await createByAdmin(server, ids, name, verified(addresses))
    await registerPasskey(server, (await givenTokens(server, ids.clientId, name)).accessToken)
  },
  "another provider's": async (server, ids, name, addresses) => {
    const { username } = await createByAdmin(server, ids, name, verified(addresses))
    const User = { ProviderName: 'Cognito', ProviderAttributeValue: username }
    await server.send(new AdminDisableProviderForUserCommand({ UserPoolId: ids.poolId, User }))
  },
} as const satisfies Record<string, State>

/** States that users have only in a pool with second factors. */
export const mfaStates = {
  'with an app': async (server, ids, name, addresses) => {
    await createByAdmin(server, ids, name, verified(addresses))
    await registerApp(server, (await givenTokens(server, ids.clientId, name)).accessToken)
    await prefer(server, ids.poolId, name, { SoftwareTokenMfaSettings: { Enabled: true } })
  },
  'with codes by e-mail': async (server, ids, name, addresses) => {
    await createByAdmin(server, ids, name, verified(addresses))
    await prefer(server, ids.poolId, name, { EmailMfaSettings: { Enabled: true } })
  },
} as const satisfies Record<string, State>

export function givenProvider(server: TestServer, poolId: string) {
  return server.send(
    new CreateIdentityProviderCommand({
      UserPoolId: poolId,
      ProviderName: 'Corp',
      ProviderType: 'OIDC',
      ProviderDetails: {
        client_id: 'id',
        client_secret: 'secret',
        authorize_scopes: 'openid',
        attributes_request_method: 'GET',
        oidc_issuer: 'https://idp.example.test',
      },
    }),
  )
}

/** What an answer shows: the destination of a code, the available challenges, or an error. */
export type VisibleAnswer = {
  readonly medium?: string | undefined
  readonly destination?: string | undefined
  readonly choices?: string
  readonly error?: string
}

const readAnswer = async (work: Promise<VisibleAnswer>): Promise<VisibleAnswer> => {
  try {
    return await work
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` }
  }
}

async function readChallenge(asked: Promise<InitiateAuthCommandOutput>): Promise<VisibleAnswer> {
  const { AvailableChallenges = [], ChallengeParameters = {} } = await asked
  return {
    choices: AvailableChallenges.join(),
    medium: ChallengeParameters['CODE_DELIVERY_DELIVERY_MEDIUM'],
    destination: ChallengeParameters['CODE_DELIVERY_DESTINATION'],
  }
}

/** The operations whose answers show the destination of a code, or available challenges, to a caller who knows only a username. */
export const operations = {
  async ForgotPassword(server: TestServer, clientId: string, name: string): Promise<VisibleAnswer> {
    const { CodeDeliveryDetails: to } = await server.send(new ForgotPasswordCommand({ ClientId: clientId, Username: name }))
    return { medium: to?.DeliveryMedium, destination: to?.Destination }
  },
  async ResendConfirmationCode(server: TestServer, clientId: string, name: string): Promise<VisibleAnswer> {
    const { CodeDeliveryDetails: to } = await server.send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: name }))
    return { medium: to?.DeliveryMedium, destination: to?.Destination }
  },
  USER_AUTH: (server: TestServer, clientId: string, name: string) => readChallenge(startChoice(server, clientId, name)),
  EMAIL_OTP: (server: TestServer, clientId: string, name: string) => readChallenge(startBy(server, clientId, name, 'EMAIL_OTP')),
  SMS_OTP: (server: TestServer, clientId: string, name: string) => readChallenge(startBy(server, clientId, name, 'SMS_OTP')),
} as const

export type OperationName = keyof typeof operations
export const operationNames = Object.keys(operations) as readonly OperationName[]

export type VisibleAnswers = Readonly<Record<OperationName, VisibleAnswer>>

export async function visibleAnswersOf(server: TestServer, clientId: string, name: string): Promise<VisibleAnswers> {
  const answers: Partial<Record<OperationName, VisibleAnswer>> = {}
  for (const operation of operationNames) answers[operation] = await readAnswer(operations[operation](server, clientId, name))
  return answers as VisibleAnswers
}
