import {
  type AuthFactorType,
  type ChallengeNameType,
  type CreateUserPoolClientCommandInput,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider'
import { respond, SmsConfiguration } from './mfa.ts'
import { setWebAuthn } from './passkeys.ts'
import type { Values } from './self-service.ts'
import type { RequestOptions, SoftwarePasskey } from './software-authenticator.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const choiceClient = {
  ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
} satisfies Partial<CreateUserPoolClientCommandInput>

export const allFactors: readonly AuthFactorType[] = ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN']

/** A pool that allows the first factors `factors`. With WEB_AUTHN and without MFA, the relying party of passkeys is example.test. */
export async function givenChoicePool(server: TestServer, factors: readonly AuthFactorType[], { pool, client }: TestPoolOptions = {}) {
  const ids = await server.givenPool({
    pool: { SmsConfiguration, ...pool, Policies: { SignInPolicy: { AllowedFirstAuthFactors: [...factors] } } },
    client: { ...choiceClient, ...client },
  })
  if (factors.includes('WEB_AUTHN') && (pool?.MfaConfiguration ?? 'OFF') === 'OFF') {
    await setWebAuthn(server, ids.poolId, { RelyingPartyId: 'example.test' })
  }
  return ids
}

export function startChoice(server: TestServer, clientId: string, username: string, parameters: Values = {}, session?: string) {
  const request = { ClientId: clientId, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: username, ...parameters } } as const
  return server.send(new InitiateAuthCommand(session === undefined ? request : { ...request, Session: session }))
}

/** An e-mail address that no user has, and whose decoy has the same choices as the user. Decoys differ from each other, as users do. */
export async function findDecoyLike(server: TestServer, clientId: string, username: string): Promise<string> {
  const choicesOf = async (name: string) => (await startChoice(server, clientId, name)).AvailableChallenges?.join()
  const wanted = await choicesOf(username)
  for (let count = 0; count < 100; count++) {
    const name = `bob${count}@example.test`
    if ((await choicesOf(name)) === wanted) return name
  }
  throw new Error(`No decoy has the choices of ${username}.`)
}

/** Begins a choice-based sign-in with a preferred challenge. */
export function startBy(server: TestServer, clientId: string, username: string, preferred: ChallengeNameType, more: Values = {}) {
  return startChoice(server, clientId, username, { PREFERRED_CHALLENGE: preferred, ...more })
}

/** Answers SELECT_CHALLENGE. */
export function choose(
  server: TestServer,
  clientId: string,
  username: string,
  session: string | undefined,
  answer: string,
  more: Values = {},
) {
  return respond(server, clientId, 'SELECT_CHALLENGE', session, { USERNAME: username, ANSWER: answer, ...more })
}

/** The challenge without its Session, which differs each time. */
export function comparableChallenge({ ChallengeName, ChallengeParameters, AvailableChallenges }: InitiateAuthCommandOutput) {
  return { ChallengeName, ChallengeParameters, AvailableChallenges }
}

export function optionsOf({ ChallengeParameters = {} }: InitiateAuthCommandOutput): RequestOptions {
  return JSON.parse(ChallengeParameters['CREDENTIAL_REQUEST_OPTIONS'] ?? '{}') as RequestOptions
}

/** Answers WEB_AUTHN with a passkey. `changes` falsifies parts of the answer. */
export function answerByPasskey(
  server: TestServer,
  clientId: string,
  username: string,
  asked: InitiateAuthCommandOutput,
  passkey: SoftwarePasskey,
  changes: Parameters<SoftwarePasskey['use']>[1] = {},
) {
  const credential = JSON.stringify(passkey.use(optionsOf(asked), changes))
  return respond(server, clientId, 'WEB_AUTHN', asked.Session, { USERNAME: username, CREDENTIAL: credential })
}
