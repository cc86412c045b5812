import { createHmac, randomBytes } from 'node:crypto'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type AttributeType,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { clientSignature, power } from '../base/srp/reference-client.ts'
import type { TestServer } from './test-server.ts'

type Sdk = Pick<TestServer, 'send'> & Partial<Pick<TestServer, 'clock'>>

export const goodPassword = 'Correct-horse-7'

/** A confirmed user with a permanent password. No message is sent. */
export async function givenUser(
  server: Sdk,
  poolId: string,
  username: string,
  { attributes = [], password = goodPassword }: { attributes?: AttributeType[]; password?: string } = {},
): Promise<{ sub: string; username: string }> {
  const created = await server.send(
    new AdminCreateUserCommand({ UserPoolId: poolId, Username: username, MessageAction: 'SUPPRESS', UserAttributes: attributes }),
  )
  const stored = created.User?.Username ?? ''
  await server.send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: stored, Password: password, Permanent: true }))
  return { sub: created.User?.Attributes?.find(({ Name }) => Name === 'sub')?.Value ?? '', username: stored }
}

export function signInByPassword(server: Sdk, clientId: string, username: string, password = goodPassword) {
  return server.send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  )
}

/** The tokens of a sign-in by password, which must succeed without a challenge. */
export async function givenTokens(server: Sdk, clientId: string, username: string, password = goodPassword) {
  const { AuthenticationResult: tokens } = await signInByPassword(server, clientId, username, password)
  if (!tokens?.AccessToken || !tokens.IdToken || !tokens.RefreshToken) throw new Error('The sign-in did not return three tokens.')
  return { accessToken: tokens.AccessToken, idToken: tokens.IdToken, refreshToken: tokens.RefreshToken }
}

/** The first half of USER_SRP_AUTH. Returns the challenge and the client's secret exponent, for `srpResponses`. */
export async function startSrp(server: Sdk, clientId: string, username: string, more: Record<string, string> = {}) {
  const a = BigInt(`0x${randomBytes(64).toString('hex')}`)
  const parameters = { USERNAME: username, SRP_A: power(2n, a).toString(16), ...more }
  const challenge = await server.send(
    new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters: parameters }),
  )
  return { a, challenge }
}

/** TIMESTAMP as clients write it. */
export function srpTimestamp(at = Date.now()): string {
  const [weekday = '', day, month, year, time] = new Date(at).toUTCString().split(' ')
  return `${weekday.slice(0, 3)} ${month} ${Number(day)} ${time} UTC ${year}`
}

/** ChallengeResponses of PASSWORD_VERIFIER, from a client implementation that shares no code with the server. */
export function srpResponses(
  poolId: string,
  password: string,
  a: bigint,
  challenge: InitiateAuthCommandOutput,
  timestamp = srpTimestamp(),
): Record<string, string> {
  const { SALT = '', SRP_B = '', SECRET_BLOCK = '', USER_ID_FOR_SRP = '' } = challenge.ChallengeParameters ?? {}
  const account = { group: poolId.split('_')[1] ?? '', name: USER_ID_FOR_SRP, password, saltHex: SALT }
  return {
    USERNAME: USER_ID_FOR_SRP,
    PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK,
    PASSWORD_CLAIM_SIGNATURE: clientSignature(account, a, { publicB: SRP_B, secretBlock: Buffer.from(SECRET_BLOCK, 'base64'), timestamp }),
    TIMESTAMP: timestamp,
  }
}

export function answerSrp(server: Sdk, clientId: string, responses: Record<string, string>) {
  return server.send(
    new RespondToAuthChallengeCommand({ ClientId: clientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses: responses }),
  )
}

export async function signInBySrp(server: Sdk, ids: { poolId: string; clientId: string }, username: string, password = goodPassword) {
  const { a, challenge } = await startSrp(server, ids.clientId, username)
  return answerSrp(server, ids.clientId, srpResponses(ids.poolId, password, a, challenge, srpTimestamp(server.clock?.now())))
}

export function secretHash(secret: string, username: string, clientId: string): string {
  return createHmac('sha256', secret)
    .update(username + clientId)
    .digest('base64')
}

/** The claims of a token, without verification. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}
