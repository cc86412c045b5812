import {
  ConfirmSignUpCommand,
  GetUserCommand,
  SignUpCommand,
  type SignUpCommandOutput,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { givenTokens, goodPassword } from './sign-in.ts'
import type { InboxMessage, TestServer } from './test-server.ts'

/** Attributes as tests write them: name to value. */
export type Values = Readonly<Record<string, string>>

export type PoolAndClient = { readonly poolId: string; readonly clientId: string }

export const attributeList = (values: Values) => Object.entries(values).map(([Name, Value]) => ({ Name, Value }))

export function signUp(
  server: TestServer,
  clientId: string,
  username: string,
  attributes: Values = {},
  password = goodPassword,
): Promise<SignUpCommandOutput> {
  const request = { ClientId: clientId, Username: username, Password: password, UserAttributes: attributeList(attributes) }
  return server.send(new SignUpCommand(request))
}

/** The messages to users of the pool, oldest first, each as the text `<trigger> <recipient>`, such as `sign-up ana@example.test`. */
export async function sentTo(server: TestServer, poolId: string): Promise<string[]> {
  return (await messagesOf(server, poolId)).map(({ trigger, recipient }) => `${trigger} ${recipient}`)
}

/** The messages to users of the pool, oldest first. */
export async function messagesOf(server: TestServer, poolId: string): Promise<InboxMessage[]> {
  return (await server.inbox()).filter(({ userPoolId }) => userPoolId === poolId).toReversed()
}

/** The newest code that was sent to the address. */
export async function codeSentTo(server: TestServer, poolId: string, recipient: string): Promise<string> {
  const message = (await messagesOf(server, poolId)).findLast((sent) => sent.recipient === recipient)
  if (!message?.code) throw new Error(`No code was sent to ${recipient}.`)
  return message.code
}

/** Another code of six digits, which is wrong. */
export function wrongCode(code: string): string {
  return ((Number(code) + 1) % 1_000_000).toString().padStart(6, '0')
}

export function confirm(server: TestServer, clientId: string, username: string, code: string, force?: boolean) {
  const request = { ClientId: clientId, Username: username, ConfirmationCode: code }
  return server.send(new ConfirmSignUpCommand(force === undefined ? request : { ...request, ForceAliasCreation: force }))
}

/** Signs up with an e-mail address or phone number, in a pool that verifies it, and confirms with the code that was sent there. */
export async function givenConfirmedUser(server: TestServer, { poolId, clientId }: PoolAndClient, username: string, attributes: Values) {
  const { UserSub } = await signUp(server, clientId, username, attributes)
  const code = await codeSentTo(server, poolId, attributes['phone_number'] ?? attributes['email'] ?? username)
  await confirm(server, clientId, username, code)
  return { sub: UserSub ?? '' }
}

/** Creates a user as givenConfirmedUser does, and signs the user in. */
export async function givenSignedInUser(server: TestServer, ids: PoolAndClient, username: string, attributes: Values) {
  const { sub } = await givenConfirmedUser(server, ids, username, attributes)
  return { sub, ...(await givenTokens(server, ids.clientId, username)) }
}

/** The user's attributes as GetUser shows them, without `sub`. */
export async function attributesOf(server: TestServer, accessToken: string): Promise<Values> {
  const { UserAttributes = [] } = await server.send(new GetUserCommand({ AccessToken: accessToken }))
  const entries = UserAttributes.filter(({ Name }) => Name !== 'sub').map(({ Name, Value }) => [Name ?? '', Value ?? ''] as const)
  return Object.fromEntries(entries.sort())
}

export function update(server: TestServer, accessToken: string, attributes: Values) {
  return server.send(new UpdateUserAttributesCommand({ AccessToken: accessToken, UserAttributes: attributeList(attributes) }))
}
