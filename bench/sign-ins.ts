import { claimSignature, scrambler, sessionKey, srpX } from '../src/base/srp/exchange.ts'
import { createFixedBase } from '../src/base/srp/fixed-base.ts'
import { generalPower } from '../src/base/srp/general-power.ts'
import { modulus, multiplier, toFixedBytes, toInteger, toSignedBytes } from '../src/base/srp/group.ts'
import type { HttpConnection } from './http-connection.ts'

/** `Argon2id`: by password, in a pool that stores Argon2id hashes. */
export type SignInKind = 'password' | 'SRP' | 'Argon2id'

/** The users to sign in: `user-0` to `user-<users − 1>` of one pool, all with the same password. */
export type Crowd = { readonly poolId: string; readonly clientId: string; readonly users: number; readonly password: string }

export const usernameOf = (index: number): string => `user-${index}`

/** Signs a random user in and returns how many milliseconds the sign-in waited for the server. Throws when the sign-in fails. */
export type SignIn = (connection: HttpConnection) => Promise<number>

export function signInOf(kind: SignInKind, crowd: Crowd): SignIn {
  return kind === 'SRP' ? bySrp(crowd) : byPassword(crowd)
}

function byPassword(crowd: Crowd): SignIn {
  return async (connection) => {
    const wait = new Stopwatch()
    const parameters = { USERNAME: randomUser(crowd), PASSWORD: crowd.password }
    requireTokens(await wait.call(connection, 'InitiateAuth', initiation(crowd, 'USER_PASSWORD_AUTH', parameters)))
    return wait.milliseconds
  }
}

/**
 * An SRP client that uses the same A for all sign-ins (a = 1, hence A = g), and OpenSSL for the exponentiation of S. It takes two thirds of
 * the processor time that the server takes; a client in a browser takes ten times as much. The server's work does not depend on A.
 */
function bySrp(crowd: Crowd): SignIn {
  const fixedBase = createFixedBase()
  while (fixedBase.prepareRow());
  const publicA = 2n
  const group = crowd.poolId.split('_')[1] ?? ''

  function proofOf(parameters: Readonly<Record<string, string>>, timestamp: string): string {
    const { USER_ID_FOR_SRP: name = '', SALT = '', SRP_B = '', SECRET_BLOCK = '' } = parameters
    const publicB = BigInt(`0x${SRP_B}`)
    const x = srpX(group, name, crowd.password, Buffer.from(SALT.padStart(32, '0'), 'hex'))
    const u = scrambler(publicA, publicB)
    const base = (publicB + (modulus - ((multiplier * fixedBase.power(x)) % modulus))) % modulus
    const s = generalPower(toFixedBytes(base), toSignedBytes(1n + toInteger(u) * toInteger(x)))
    const claim = { group, name, secretBlock: Buffer.from(SECRET_BLOCK, 'base64'), timestamp }
    return claimSignature(sessionKey(u, s), claim).toString('base64')
  }

  return async (connection) => {
    const wait = new Stopwatch()
    const started = { USERNAME: randomUser(crowd), SRP_A: publicA.toString(16) }
    const challenge = await wait.call(connection, 'InitiateAuth', initiation(crowd, 'USER_SRP_AUTH', started))
    const parameters = challenge['ChallengeParameters'] as Record<string, string>
    const [weekday = '', day, month, year, time] = new Date().toUTCString().split(' ')
    const timestamp = `${weekday.slice(0, 3)} ${month} ${Number(day)} ${time} UTC ${year}`
    const responses = {
      USERNAME: parameters['USER_ID_FOR_SRP'],
      PASSWORD_CLAIM_SECRET_BLOCK: parameters['SECRET_BLOCK'],
      PASSWORD_CLAIM_SIGNATURE: proofOf(parameters, timestamp),
      TIMESTAMP: timestamp,
    }
    const answer = { ClientId: crowd.clientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses: responses }
    requireTokens(await wait.call(connection, 'RespondToAuthChallenge', answer))
    return wait.milliseconds
  }
}

class Stopwatch {
  milliseconds = 0

  async call(connection: HttpConnection, operation: string, request: unknown): Promise<Record<string, unknown>> {
    const start = performance.now()
    const { status, body } = await connection.call(operation, request)
    this.milliseconds += performance.now() - start
    if (status !== 200) throw new Error(`${operation} answered ${status}: ${body}`)
    return JSON.parse(body) as Record<string, unknown>
  }
}

const initiation = ({ clientId }: Crowd, flow: string, parameters: object) => ({
  ClientId: clientId,
  AuthFlow: flow,
  AuthParameters: parameters,
})

const randomUser = ({ users }: Crowd): string => usernameOf(Math.floor(Math.random() * users))

function requireTokens(answer: Record<string, unknown>): void {
  const { AccessToken, IdToken, RefreshToken } = (answer['AuthenticationResult'] ?? {}) as Record<string, unknown>
  if (!AccessToken || !IdToken || !RefreshToken) throw new Error('The answer to a sign-in lacks one of its three tokens.')
}
