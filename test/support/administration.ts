import {
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  type AttributeType,
} from '@aws-sdk/client-cognito-identity-provider'
import { attributeList, type Values } from './self-service.ts'
import type { TestServer } from './test-server.ts'

type Wish = Omit<Partial<AdminCreateUserCommandInput>, 'UserAttributes'> & { readonly attributes?: Values }

/** AdminCreateUser with attributes as a record. */
export async function adminCreate(server: TestServer, poolId: string, username: string, { attributes, ...wish }: Wish = {}) {
  const UserAttributes = attributes && attributeList(attributes)
  const { User } = await server.send(new AdminCreateUserCommand({ UserPoolId: poolId, Username: username, UserAttributes, ...wish }))
  if (User === undefined) throw new Error('AdminCreateUser answered without a user')
  return { ...User, attributes: valuesOf(User.Attributes) }
}

/** The same without a message to the user. */
export function adminCreateSilently(server: TestServer, poolId: string, username: string, wish: Wish = {}) {
  return adminCreate(server, poolId, username, { MessageAction: 'SUPPRESS', ...wish })
}

/** AdminGetUser with attributes as a record. */
export async function adminGet(server: TestServer, poolId: string, username: string) {
  const { $metadata, UserAttributes, ...user } = await server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))
  return { ...user, attributes: valuesOf(UserAttributes) }
}

export function adminUpdate(server: TestServer, poolId: string, username: string, attributes: Values) {
  return server.send(
    new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: username, UserAttributes: attributeList(attributes) }),
  )
}

/** Name to value, in the order of the list. */
export function valuesOf(attributes: readonly AttributeType[] | undefined): Record<string, string> {
  return Object.fromEntries((attributes ?? []).map(({ Name, Value }) => [Name ?? '', Value ?? '']))
}

/** What the attempts came to: `ok`, or the name of the error, sorted. */
export async function outcomes(attempts: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(attempts)
  return settled.map((one) => (one.status === 'fulfilled' ? 'ok' : String((one.reason as Error).name))).sort()
}
