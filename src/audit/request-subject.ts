import { poolIdFromArn } from '../access/authorize.ts'
import { isObject } from '../base/is-object.ts'
import { definitionOf, getShape } from '../contract/model.ts'
import type { OperationName } from '../contract/operation.ts'

/** What a request says about the thing that it is about. The texts are as the caller sent them: the thing need not exist. */
export type RequestSubject = {
  readonly poolId?: string | undefined
  readonly subject?: string | undefined
  readonly username?: string | undefined
}

/** The members of requests that name what a call is about, from the narrowest to the widest. */
const subjectMembers = [
  'ClientSecretId',
  'ManagedLoginBrandingId',
  'TermsId',
  'InitialAccessTokenId',
  'JobId',
  'MessageId',
  'InvocationId',
  'GroupName',
  'Network',
  'ProviderName',
  'IdpIdentifier',
  'Identifier',
  'Domain',
  'RegionName',
  'ClientId',
  'IdentityId',
] as const

/** The most characters of a text that are kept. No valid id or name is longer than 256 characters. */
const maxLength = 256

/** The most characters of the ARN of a role that are kept. A valid one has 607 at most: the path alone may have 512. */
const maxRoleArnLength = 640

/**
 * Reads the body of a request, which need not be valid. Only members of the operation's model count: most operations ignore other members,
 * and such a member must not make a record name something that the call is not about.
 */
export function subjectOfRequest(operation: OperationName, sent: unknown): RequestSubject {
  const body = modelledMembers(operation, sent)
  const member = subjectMembers.find((name) => textOf(body, name) !== undefined)
  const arn = textOf(body, 'ResourceArn') ?? ''
  const poolOfArn = poolIdFromArn('user-pools', arn) ?? poolIdFromArn('identity-pools', arn)
  const otherSubject =
    textOf(body, 'LimitDefinition', 'Attributes', 'Category') ?? textOf(body, 'IdentityIdsToDelete', '0') ?? textOf(body, 'RoleArn')
  return {
    poolId: textOf(body, 'UserPoolId') ?? textOf(body, 'IdentityPoolId') ?? poolOfArn,
    subject: member === undefined ? otherSubject : textOf(body, member),
    username:
      textOf(body, 'Username') ??
      textOf(body, 'AuthParameters', 'USERNAME') ??
      textOf(body, 'ChallengeResponses', 'USERNAME') ??
      nameOfProviderUser(body, 'DestinationUser') ??
      nameOfProviderUser(body, 'User'),
  }
}

/** The username of the user whom a ProviderUserIdentifierType names. A user who came from a provider has its name as a prefix. */
function nameOfProviderUser(body: unknown, member: string): string | undefined {
  const name = textOf(body, member, 'ProviderAttributeValue')
  const provider = textOf(body, member, 'ProviderName')
  return name === undefined || provider === undefined || provider.toUpperCase() === 'COGNITO'
    ? name
    : `${provider}_${name}`.slice(0, maxLength)
}

function modelledMembers(operation: OperationName, body: unknown): unknown {
  if (!isObject(body)) return undefined
  const members = getShape(definitionOf(operation).input).members ?? {}
  return Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(members, name)))
}

/**
 * The text in `body` at `path`, a list of member names from the outside inwards. Undefined when there is no such text. PostgreSQL stores no
 * NUL characters, so each of them is replaced.
 */
function textOf(body: unknown, ...path: readonly string[]): string | undefined {
  let value = body
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  const length = path.at(-1) === 'RoleArn' ? maxRoleArnLength : maxLength
  return typeof value === 'string' ? value.slice(0, length).replaceAll('\0', '\ufffd') : undefined
}
