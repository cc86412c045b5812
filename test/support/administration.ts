import {
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  type AttributeType,
} from '@aws-sdk/client-cognito-identity-provider'
import { attributeList, type Values } from './self-service.ts'
import type { TestServer } from './test-server.ts'

type AdminCreateInput = Omit<Partial<AdminCreateUserCommandInput>, 'UserAttributes'> & { readonly attributes?: Values }

/** Calls AdminCreateUser. Takes the attributes as a record. */
export async function adminCreate(server: TestServer, poolId: string, username: string, { attributes, ...input }: AdminCreateInput = {}) {
  const UserAttributes = attributes && attributeList(attributes)
  const { User } = await server.send(new AdminCreateUserCommand({ UserPoolId: poolId, Username: username, UserAttributes, ...input }))
  if (User === undefined) throw new Error('AdminCreateUser returned no user.')
  return { ...User, attributes: valuesOf(User.Attributes) }
}

/** Calls AdminCreateUser as `adminCreate` does, but without a message to the user. */
export function adminCreateSilently(server: TestServer, poolId: string, username: string, input: AdminCreateInput = {}) {
  return adminCreate(server, poolId, username, { MessageAction: 'SUPPRESS', ...input })
}

/** The response of AdminGetUser, with the attributes as a record. */
export async function adminGet(server: TestServer, poolId: string, username: string) {
  const { $metadata, UserAttributes, ...user } = await server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))
  return { ...user, attributes: valuesOf(UserAttributes) }
}

export function adminUpdate(server: TestServer, poolId: string, username: string, attributes: Values) {
  return server.send(
    new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: username, UserAttributes: attributeList(attributes) }),
  )
}

/** A list of attributes as a record, in the order of the list. */
export function valuesOf(attributes: readonly AttributeType[] | undefined): Record<string, string> {
  return Object.fromEntries((attributes ?? []).map(({ Name, Value }) => [Name ?? '', Value ?? '']))
}

/** The outcome of each attempt, sorted: `ok`, or the name of the error. */
export async function outcomes(attempts: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(attempts)
  return settled.map((result) => (result.status === 'fulfilled' ? 'ok' : String((result.reason as Error).name))).sort()
}
