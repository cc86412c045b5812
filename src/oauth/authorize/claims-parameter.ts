import { isObject } from '../../base/is-object.ts'
import { OAuthError } from '../oauth-error.ts'

/** What the parameter `claims` asks for (OpenID Connect Core §5.5). */
export type ClaimsParameter = {
  /** The names that the app wants at userInfo and in ID tokens. */
  readonly userInfo: readonly string[]
  readonly idToken: readonly string[]
  /** The values of `sub` that the app accepts. Undefined when it accepts all. */
  readonly subs: readonly string[] | undefined
  /** The values of `acr` that the app wants. Undefined when the app names none. */
  readonly acr: { readonly values: readonly string[]; readonly isEssential: boolean } | undefined
}

/** The most characters of the parameter. It asks for each attribute of a large pool at both places in fewer. */
const longestParameter = 4096
/** The most values that may be named for one claim. */
const mostValues = 20

/**
 * Reads the parameter `claims`. Members that the standard does not know have no meaning. `essential` has no effect for attributes: a
 * missing one is no error (OpenID Connect Core §5.5.1).
 *
 * @throws OAuthError invalid_request when it is too long, no JSON, or has members of wrong types.
 */
export function readClaimsParameter(text: string): ClaimsParameter {
  const claims = text.length > longestParameter ? undefined : parseJson(text)
  if (!isObject(claims)) throw invalidClaims()
  const userInfo = readMember(claims['userinfo'])
  const idToken = readMember(claims['id_token'])
  return {
    userInfo: [...userInfo.keys()],
    idToken: [...idToken.keys()],
    subs: intersect([userInfo.get('sub')?.values, idToken.get('sub')?.values]),
    acr: acrOf(idToken.get('acr')),
  }
}

type RequestedClaim = { readonly isEssential: boolean; readonly values: readonly string[] | undefined }

function readMember(member: unknown = {}): ReadonlyMap<string, RequestedClaim> {
  if (!isObject(member)) throw invalidClaims()
  return new Map(Object.entries(member).map(([name, claim]) => [name, readClaim(claim)]))
}

/** Null asks for the claim without further conditions. A value of another type than text names no value that `sub` or `acr` can have. */
function readClaim(claim: unknown): RequestedClaim {
  if (claim === null) return { isEssential: false, values: undefined }
  if (!isObject(claim)) throw invalidClaims()
  const { essential = false, value, values } = claim
  if (typeof essential !== 'boolean') throw invalidClaims()
  if (values !== undefined && !(Array.isArray(values) && values.length <= mostValues)) throw invalidClaims()
  const given = values ?? (value === undefined ? undefined : [value])
  return { isEssential: essential, values: given?.filter((one: unknown): one is string => typeof one === 'string') }
}

const acrOf = (claim: RequestedClaim | undefined): ClaimsParameter['acr'] =>
  claim?.values && { values: claim.values, isEssential: claim.isEssential }

/** The texts that all lists have. Undefined is a list of all texts. */
export function intersect(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const given = lists.filter((list) => list !== undefined)
  return given.length === 0 ? undefined : given.reduce((one, other) => one.filter((text) => other.includes(text)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const invalidClaims = () => new OAuthError('invalid_request', { description: 'The parameter claims cannot be read.' })
