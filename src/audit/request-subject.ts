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
  'JobId',
  'MessageId',
  'InvocationId',
  'GroupName',
  'ProviderName',
  'Identifier',
  'Domain',
  'RegionName',
  'ClientId',
  'ResourceArn',
] as const

/** The most characters of a text that are kept. No valid id or name is longer than 256 characters. */
const maxLength = 256

/** Reads the body of a request, which need not be valid. */
export function subjectOfRequest(body: unknown): RequestSubject {
  const member = subjectMembers.find((name) => textOf(body, name) !== undefined)
  return { poolId: textOf(body, 'UserPoolId'), subject: member && textOf(body, member), username: textOf(body, 'Username') }
}

function textOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined
  const value = (body as Record<string, unknown>)[name]
  return typeof value === 'string' ? value.slice(0, maxLength) : undefined
}
