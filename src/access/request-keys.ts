import { isObject } from '../base/is-object.ts'
import { definitionOf, getShape } from '../contract/model.ts'
import type { OperationName } from '../contract/operation.ts'
import type { AccessKey } from './access-key.ts'
import type { SigningPrincipal } from './credential.ts'
import { type RequestKeys, UndecidableError } from './policy-text.ts'

/** What the server knows of an HTTP request, apart from its body. */
export type RequestCircumstances = {
  /** The address of the client, as the server trusts it. */
  readonly ip: string | undefined
  readonly userAgent: string | undefined
  readonly isSecure: boolean
  /** Epoch milliseconds. */
  readonly now: number
  readonly region: string
}

type KeyedRequest = {
  readonly operation: OperationName
  /** The decoded request body. It need not have been validated yet. */
  readonly body: unknown
  readonly circumstances?: () => RequestCircumstances
}

const requestTagPrefix = 'aws:requesttag/'

/** A longer User-Agent is cut, because conditions compare short texts only. */
const maxUserAgentLength = 1024

/** The keys that come from the circumstances of a request. */
const circumstanceKeys: ReadonlyMap<string, (about: RequestCircumstances) => string | undefined> = new Map([
  ['aws:sourceip', ({ ip }) => ip],
  ['aws:securetransport', ({ isSecure }) => String(isSecure)],
  ['aws:currenttime', ({ now }) => new Date(now).toISOString()],
  ['aws:epochtime', ({ now }) => String(Math.floor(now / 1000))],
  ['aws:useragent', ({ userAgent }) => userAgent?.slice(0, maxUserAgentLength)],
  ['aws:requestedregion', ({ region }) => region],
])

/** The condition keys of a request by the principal. Nothing is computed before a policy asks. */
export function requestKeys(principal: Pick<SigningPrincipal, 'keys'>, request: KeyedRequest): RequestKeys {
  const ofCircumstances = circumstanceRequestKeys(request.circumstances)
  return (name) => {
    if (name === 'aws:tagkeys') return tagKeys(request)
    if (name.startsWith(requestTagPrefix)) return requestTag(request, name.slice(requestTagPrefix.length))
    return principal.keys(name) ?? ofCircumstances(name)
  }
}

/** The condition keys that come from the circumstances of a request. `circumstances` is called only when a policy asks for such a key. */
export function circumstanceRequestKeys(circumstances: (() => RequestCircumstances) | undefined): RequestKeys {
  return (name) => {
    const read = circumstanceKeys.get(name)
    const value = read && circumstances && read(circumstances())
    return value === undefined ? undefined : [value]
  }
}

/** An access key as a principal. */
export function accessKeyPrincipal(accountId: string, { id, policy }: Pick<AccessKey, 'id' | 'policy'>): SigningPrincipal {
  const arn = `arn:aws:iam::${accountId}:access-key/${id}`
  const keys = new Map([
    ['aws:principalarn', [arn]],
    ['aws:principalaccount', [accountId]],
    ['aws:userid', [id]],
  ])
  return { arn, accountId, userId: id, policies: [policy], keys: (name) => keys.get(name), session: undefined }
}

/** The members of requests that hold tags. */
const tagMembers = ['Tags', 'UserPoolTags', 'IdentityPoolTags'] as const

/** The tags that a request sets. Only members of the operation's model count. A body with malformed tags is refused later. */
function tagsOf({ operation, body }: KeyedRequest): readonly (readonly [name: string, value: unknown])[] {
  const members = getShape(definitionOf(operation).input).members ?? {}
  if (!isObject(body)) return []
  return tagMembers.flatMap((member) => {
    const tags = Object.hasOwn(members, member) && Object.hasOwn(body, member) ? body[member] : undefined
    return isObject(tags) ? Object.entries(tags) : []
  })
}

/** The names of the tags that a request sets or removes. Undefined when it has none. */
function tagKeys(request: KeyedRequest): readonly string[] | undefined {
  const members = getShape(definitionOf(request.operation).input).members ?? {}
  const removed = Object.hasOwn(members, 'TagKeys') && isObject(request.body) ? request.body['TagKeys'] : undefined
  const names: readonly unknown[] = [...tagsOf(request).map(([name]) => name), ...(Array.isArray(removed) ? removed : [])]
  const texts = names.filter((name) => typeof name === 'string')
  return texts.length === 0 ? undefined : texts
}

/**
 * The value of a tag that a request sets. The case of condition keys does not count.
 * @throws UndecidableError when the request sets several tags whose names differ in case only
 */
function requestTag(request: KeyedRequest, lowerCaseName: string): readonly string[] | undefined {
  const found = tagsOf(request).filter(([name]) => name.toLowerCase() === lowerCaseName)
  if (found.length > 1) throw new UndecidableError(`The request sets the tag ${lowerCaseName} more than once.`)
  const value = found[0]?.[1]
  return typeof value === 'string' ? [value] : undefined
}
