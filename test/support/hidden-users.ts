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
import type { PoolWish, TestServer } from './test-server.ts'

/** A pool that allows every first factor, and every second one if it is to, and a client that hides who exists in it. */
export async function givenHidingPool(server: TestServer, pool: NonNullable<PoolWish['pool']>, mfa = false) {
  const ids = await givenChoicePool(server, allFactors, { pool, client: { PreventUserExistenceErrors: 'ENABLED' } })
  if (mfa) {
    const WebAuthnConfiguration = { RelyingPartyId: 'example.test', FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' } as const
    const { sms, totp, email } = factorBlocks
    const blocks = { ...sms, ...totp, ...email, WebAuthnConfiguration }
    await server.send(new SetUserPoolMfaConfigCommand({ UserPoolId: ids.poolId, MfaConfiguration: 'OPTIONAL', ...blocks }))
  }
  return ids
}

/** Puts a user into a state. `name` is free, `addresses` are the user's. */
export type State = (server: TestServer, ids: PoolAndClient, name: string, addresses: Values) => Promise<unknown>

const admin = (server: TestServer, { poolId }: PoolAndClient, name: string, addresses: Values) =>
  givenUser(server, poolId, name, { attributes: attributeList(addresses) })

const verified = (addresses: Values): Values =>
  Object.fromEntries(Object.entries(addresses).flatMap(([name, value]) => [[name, value] as const, [`${name}_verified`, 'true'] as const]))

function unlessInvalid(error: Error): undefined {
  if (error.name !== 'InvalidParameterException') throw error
}

export const states = {
  unconfirmed: (server, { clientId }, name, addresses) => signUp(server, clientId, name, addresses),
  'without a password': (server, { clientId }, name, addresses) =>
    // Not of users who could get no code: they have one.
    server
      .send(new SignUpCommand({ ClientId: clientId, Username: name, UserAttributes: attributeList(addresses) }))
      .catch(unlessInvalid)
      .then((answer) => answer ?? signUp(server, clientId, name, addresses)),
  'confirmed, verified': (server, ids, name, addresses) => admin(server, ids, name, verified(addresses)),
  'confirmed, unverified': (server, ids, name, addresses) => admin(server, ids, name, addresses),
  invited: (server, { poolId }, name, addresses) => adminCreateSilently(server, poolId, name, { attributes: verified(addresses) }),
  'to be reset': async (server, ids, name, addresses) => {
    await admin(server, ids, name, verified(addresses))
    // Not of users who could get no code: they stay as they are.
    await server.send(new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: name })).catch(unlessInvalid)
  },
  disabled: async (server, ids, name, addresses) => {
    await admin(server, ids, name, verified(addresses))
    await server.send(new AdminDisableUserCommand({ UserPoolId: ids.poolId, Username: name }))
  },
  'with a passkey': async (server, ids, name, addresses) => {
    await admin(server, ids, name, verified(addresses))
    await registerPasskey(server, (await givenTokens(server, ids.clientId, name)).accessToken)
  },
  "another provider's": async (server, ids, name, addresses) => {
    const { username } = await admin(server, ids, name, verified(addresses))
    const User = { ProviderName: 'Cognito', ProviderAttributeValue: username }
    await server.send(new AdminDisableProviderForUserCommand({ UserPoolId: ids.poolId, User }))
  },
} as const satisfies Record<string, State>

/** More of them, where the pool asks for second factors. */
export const mfaStates = {
  'with an app': async (server, ids, name, addresses) => {
    await admin(server, ids, name, verified(addresses))
    await registerApp(server, (await givenTokens(server, ids.clientId, name)).accessToken)
    await prefer(server, ids.poolId, name, { SoftwareTokenMfaSettings: { Enabled: true } })
  },
  'with codes by e-mail': async (server, ids, name, addresses) => {
    await admin(server, ids, name, verified(addresses))
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

/** What an answer shows: where a code went, what can be chosen from, or an error. */
export type Sight = {
  readonly medium?: string | undefined
  readonly destination?: string | undefined
  readonly choices?: string
  readonly error?: string
}

const sightOf = async (work: Promise<Sight>): Promise<Sight> => {
  try {
    return await work
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` }
  }
}

async function ofChallenge(asked: Promise<InitiateAuthCommandOutput>): Promise<Sight> {
  const { AvailableChallenges = [], ChallengeParameters = {} } = await asked
  return {
    choices: AvailableChallenges.join(),
    medium: ChallengeParameters['CODE_DELIVERY_DELIVERY_MEDIUM'],
    destination: ChallengeParameters['CODE_DELIVERY_DESTINATION'],
  }
}

/** What each operation shows that tells of a delivery or of choices to somebody who has nothing but a name. */
export const operations = {
  async ForgotPassword(server: TestServer, clientId: string, name: string): Promise<Sight> {
    const { CodeDeliveryDetails: to } = await server.send(new ForgotPasswordCommand({ ClientId: clientId, Username: name }))
    return { medium: to?.DeliveryMedium, destination: to?.Destination }
  },
  async ResendConfirmationCode(server: TestServer, clientId: string, name: string): Promise<Sight> {
    const { CodeDeliveryDetails: to } = await server.send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: name }))
    return { medium: to?.DeliveryMedium, destination: to?.Destination }
  },
  USER_AUTH: (server: TestServer, clientId: string, name: string) => ofChallenge(startChoice(server, clientId, name)),
  EMAIL_OTP: (server: TestServer, clientId: string, name: string) => ofChallenge(startBy(server, clientId, name, 'EMAIL_OTP')),
  SMS_OTP: (server: TestServer, clientId: string, name: string) => ofChallenge(startBy(server, clientId, name, 'SMS_OTP')),
} as const

export type OperationName = keyof typeof operations
export const operationNames = Object.keys(operations) as readonly OperationName[]

export type Sights = Readonly<Record<OperationName, Sight>>

export async function sightsOf(server: TestServer, clientId: string, name: string): Promise<Sights> {
  const sights: Partial<Record<OperationName, Sight>> = {}
  for (const operation of operationNames) sights[operation] = await sightOf(operations[operation](server, clientId, name))
  return sights as Sights
}
