import {
  AdminSetUserMFAPreferenceCommand,
  type AdminSetUserMFAPreferenceCommandInput,
  AdminUpdateUserAttributesCommand,
  AssociateSoftwareTokenCommand,
  type ChallengeNameType,
  RespondToAuthChallengeCommand,
  SetUserPoolMfaConfigCommand,
  type SetUserPoolMfaConfigCommandInput,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { Secret, TOTP } from 'otpauth'
import { attributeList, type PoolAndClient, type Values } from './self-service.ts'
import { givenTokens, givenUser, signInByPassword } from './sign-in.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms', ExternalId: 'external' }

/** The members of SetUserPoolMfaConfig that turn on each factor. */
export const factorBlocks = {
  sms: { SmsMfaConfiguration: { SmsConfiguration } },
  totp: { SoftwareTokenMfaConfiguration: { Enabled: true } },
  email: { EmailMfaConfiguration: {} },
} as const

export type FactorName = keyof typeof factorBlocks

export function setMfa(server: TestServer, poolId: string, mode: 'OFF' | 'OPTIONAL' | 'ON', factors: readonly FactorName[] = []) {
  const blocks: Partial<SetUserPoolMfaConfigCommandInput> = Object.assign({}, ...factors.map((name) => factorBlocks[name]))
  return server.send(new SetUserPoolMfaConfigCommand({ UserPoolId: poolId, MfaConfiguration: mode, ...blocks }))
}

/** A pool that offers the second factors `factors`. */
export async function givenMfaPool(server: TestServer, mode: 'OPTIONAL' | 'ON', factors: readonly FactorName[], options?: TestPoolOptions) {
  const ids = await server.givenPool(options)
  await setMfa(server, ids.poolId, mode, factors)
  return ids
}

export function prefer(server: TestServer, poolId: string, username: string, settings: Partial<AdminSetUserMFAPreferenceCommandInput>) {
  return server.send(new AdminSetUserMFAPreferenceCommand({ UserPoolId: poolId, Username: username, ...settings }))
}

/** An authenticator app with this secret, by an independent implementation. */
export function appOf(server: TestServer, secret: string) {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  return {
    /** The code of the current time step, or of one that is `steps` later. */
    code: (steps = 0) => totp.generate({ timestamp: server.clock.now() + steps * 30_000 }),
  }
}

export type App = ReturnType<typeof appOf>

/** Registers an authenticator app with an access token, and advances the clock by one time step, so that the app has another code. */
export async function registerApp(server: TestServer, accessToken: string, name?: string): Promise<App> {
  const { SecretCode = '' } = await server.send(new AssociateSoftwareTokenCommand({ AccessToken: accessToken }))
  const app = appOf(server, SecretCode)
  await server.send(new VerifySoftwareTokenCommand({ AccessToken: accessToken, UserCode: app.code(), FriendlyDeviceName: name }))
  server.clock.advance(30_000)
  return app
}

/** A user who has activated an authenticator app, in a pool with optional MFA. */
export async function givenAppUser(server: TestServer, { poolId, clientId }: PoolAndClient, username: string, name?: string): Promise<App> {
  await givenUser(server, poolId, username)
  const { accessToken } = await givenTokens(server, clientId, username)
  const app = await registerApp(server, accessToken, name)
  await prefer(server, poolId, username, { SoftwareTokenMfaSettings: { Enabled: true } })
  return app
}

export function giveAttributes(server: TestServer, poolId: string, username: string, attributes: Values) {
  const UserAttributes = attributeList(attributes)
  return server.send(new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: username, UserAttributes }))
}

export function respond(
  server: TestServer,
  clientId: string,
  challenge: ChallengeNameType,
  session: string | undefined,
  responses: Values,
  clientMetadata?: Values,
) {
  const answer = { ClientId: clientId, ChallengeName: challenge, Session: session, ChallengeResponses: responses }
  const request = clientMetadata === undefined ? answer : { ...answer, ClientMetadata: clientMetadata }
  return server.send(new RespondToAuthChallengeCommand(request))
}

/** The challenge after a password, or the tokens. */
export async function challengeAfterPassword(server: TestServer, clientId: string, username: string) {
  const {
    ChallengeName: name,
    ChallengeParameters: parameters = {},
    Session: session,
    AuthenticationResult: tokens,
  } = await signInByPassword(server, clientId, username)
  return { name, parameters, session, tokens }
}

/** Advances the clock to the beginning of a time step, so that the step does not end during the test. */
export function startTimeStep(server: TestServer): void {
  server.clock.advance(30_000 - (server.clock.now() % 30_000))
}

/**
 * Makes wrong attempts until the lock lasts 16 seconds, which is long enough for a test, and waits for the end of the shorter locks.
 * `fail` makes one wrong attempt, and has to assert that it was refused as wrong.
 */
export async function failUntilLocked(server: TestServer, fail: () => Promise<void>): Promise<void> {
  for (let failures = 1; failures <= 9; failures++) {
    await fail()
    if (failures >= 5 && failures < 9) server.clock.advance(1000 * 2 ** (failures - 5))
  }
}
