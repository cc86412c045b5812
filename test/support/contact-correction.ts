import { createHash } from 'node:crypto'
import { SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { type RawAnswer, rawCall } from './raw-call.ts'
import { attributeList, type Values } from './self-service.ts'
import { goodPassword } from './sign-in.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'
import { setSignUpExtension } from './user-triggers.ts'

/** A pool that verifies e-mail addresses and allows corrections. */
export async function givenCorrectingPool(server: TestServer, { pool, client }: TestPoolOptions = {}) {
  const options = { pool: { AutoVerifiedAttributes: ['email' as const], ...pool } }
  const ids = await server.givenPool(client === undefined ? options : { ...options, client })
  await setSignUpExtension(server, ids.poolId, { ContactCorrection: true })
  return ids
}

/** Signs up, and expects a Session in the answer. */
export async function signUpForSession(server: TestServer, clientId: string, username: string, attributes: Values, more: object = {}) {
  const request = { ClientId: clientId, Username: username, Password: goodPassword, UserAttributes: attributeList(attributes) }
  const { Session, UserSub = '' } = await server.send(new SignUpCommand({ ...request, ...more }))
  if (Session === undefined) throw new Error('SignUp returned no Session.')
  return { session: Session, sub: UserSub }
}

type Correction = { readonly session: string; readonly value: string; readonly attribute?: string; readonly secretHash?: string }

export function correct(
  server: Pick<TestServer, 'url'>,
  clientId: string,
  username: string,
  { session, value, attribute = 'email', secretHash }: Correction,
): Promise<RawAnswer> {
  return rawCall(server, 'LifeguardService.CorrectSignUpContact', {
    ClientId: clientId,
    Username: username,
    Session: session,
    AttributeName: attribute,
    Value: value,
    ...(secretHash !== undefined && { SecretHash: secretHash }),
  })
}

/** The name and text of the error as one line, or `ok`. */
export function refusalOf({ status, body }: RawAnswer): string {
  return status === 200 ? 'ok' : `${body['__type']}: ${body['message']}`
}

/** A text that looks like a Session but is not one. */
export const noSession = `AYABe${createHash('sha512').update('none').digest('base64url')}`
