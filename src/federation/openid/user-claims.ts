import * as client from 'openid-client'
import { isObject } from '../../base/is-object.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { completeDetails } from '../../pools/identity-providers/provider-details.ts'
import type { JsonObject } from '../../triggers/trigger.ts'
import { FederationError } from '../federation-error.ts'
import type { ProviderAnswer } from '../provider.ts'

type Given = { readonly accessToken: string; readonly idToken: JsonObject; readonly answer: ProviderAnswer }

/** What the provider says of the user beside the ID token. Each type of provider has an endpoint of its own for it, or none. */
export async function fetchUserClaims(
  configuration: client.Configuration,
  provider: IdentityProvider,
  { accessToken, idToken, answer }: Given,
): Promise<JsonObject> {
  switch (provider.config.type) {
    case 'SignInWithApple':
      return appleUser(answer.get('user'))
    case 'OIDC':
      return fetchUserInfo(configuration, provider, accessToken, idToken)
    case 'Google':
      // The People API costs a call, so it is asked only for what the ID token lacks.
      return wantedClaims(provider).some((claim) => idToken[claim] === undefined) ? fetchProfile(configuration, provider, accessToken) : {}
    default:
      return fetchProfile(configuration, provider, accessToken)
  }
}

/** OpenID Connect Core §5.3. The subject has to be that of the ID token. */
async function fetchUserInfo(
  configuration: client.Configuration,
  provider: IdentityProvider,
  accessToken: string,
  idToken: JsonObject,
): Promise<JsonObject> {
  const address = configuration.serverMetadata().userinfo_endpoint
  if (address === undefined) return {}
  const method = completeDetails(provider.config)['attributes_request_method'] ?? 'GET'
  const response = await client.fetchProtectedResource(configuration, accessToken, new URL(address), method)
  const claims = await jsonOf(provider, response)
  if (claims['sub'] !== idToken['sub']) throw new FederationError(`${provider.id} Error - the user info is about another user`)
  return claims
}

/** The profile endpoints of Facebook, Google and Amazon. The first two want the names of the fields in the address. */
async function fetchProfile(configuration: client.Configuration, provider: IdentityProvider, accessToken: string): Promise<JsonObject> {
  const { attributes_url: base, attributes_url_add_attributes: namesFields } = completeDetails(provider.config)
  if (base === undefined) return {}
  const fields = namesFields === 'true' ? fieldsOf(provider) : []
  const address = new URL(fields.length > 0 ? base + fields.join(',') : base)
  const claims = await jsonOf(provider, await client.fetchProtectedResource(configuration, accessToken, address, 'GET'))
  return provider.config.type === 'Google' ? flatPerson(claims) : claims
}

function wantedClaims(provider: IdentityProvider): readonly string[] {
  return [...new Set(Object.values(provider.config.attributeMapping))].filter((claim) => claim !== 'access_token' && claim !== 'id_token')
}

/** The fields to ask for. Facebook gives the id only when asked. Google refuses fields that its People API does not know. */
function fieldsOf(provider: IdentityProvider): readonly string[] {
  const wanted = wantedClaims(provider)
  if (provider.config.type === 'Facebook') return [...new Set(['id', ...wanted])]
  return wanted.filter((claim) => peopleFields.has(claim))
}

/** https://developers.google.com/people/api/rest/v1/people/get, `personFields` */
const peopleFields: ReadonlySet<string> = new Set([
  ...['addresses', 'ageRanges', 'biographies', 'birthdays', 'calendarUrls', 'clientData', 'coverPhotos', 'emailAddresses', 'events'],
  ...['externalIds', 'genders', 'imClients', 'interests', 'locales', 'locations', 'memberships', 'metadata', 'miscKeywords', 'names'],
  ...['nicknames', 'occupations', 'organizations', 'phoneNumbers', 'photos', 'relations', 'sipAddresses', 'skills', 'urls', 'userDefined'],
])

/** The People API gives a list for each field. The first entry's own value stands for the field. */
function flatPerson(person: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(person).flatMap(([field, entries]) => {
      const [first] = Array.isArray(entries) ? entries : []
      return isObject(first) ? [[field, valueOfEntry(first)]] : []
    }),
  )
}

/** The members of an entry that can be its value, the best first: a phone number in E.164 form before the one that the user typed. */
const entryValues = ['canonicalForm', 'value', 'displayName', 'url', 'formattedValue', 'text']

function valueOfEntry(entry: JsonObject): unknown {
  const name = entryValues.find((one) => typeof entry[one] === 'string')
  return name === undefined ? (dateOf(entry['date']) ?? JSON.stringify(entry)) : entry[name]
}

/** A whole date in the form of the attribute `birthdate`. Users may keep the year to themselves. */
function dateOf(date: unknown): string | undefined {
  if (!isObject(date)) return undefined
  const parts = [date['year'], date['month'], date['day']]
  if (!parts.every((part) => typeof part === 'number' && part > 0)) return undefined
  return parts.map((part, at) => String(part).padStart(at === 0 ? 4 : 2, '0')).join('-')
}

/** Apple sends the name with the first sign-in only, beside the code. It is not signed, so of it only the name is used. */
function appleUser(text: string | undefined): JsonObject {
  const user = parsed(text)
  const name = isObject(user) && isObject(user['name']) ? user['name'] : {}
  const { firstName, lastName } = name
  const parts = Object.entries({ firstName, lastName }).filter(([, part]) => typeof part === 'string' && part !== '')
  return parts.length === 0 ? {} : { ...Object.fromEntries(parts), name: parts.map(([, part]) => part).join(' ') }
}

function parsed(text = 'null'): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function jsonOf(provider: IdentityProvider, response: Response): Promise<JsonObject> {
  const body = parsed(await response.text())
  if (response.status === 200 && isObject(body)) return body
  throw new FederationError(`${provider.id} Error - ${response.status} error getting user info`, { reason: 'provider-error' })
}
