import { createPublicKey } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { jwtVerify } from 'jose'
import type { ProviderAccount } from './openid-provider-process.ts'

// What Apple, Facebook, Amazon and Google do beside OpenID Connect, for the process of the OpenID provider.

export type AppleTeam = { readonly teamId: string; readonly keyId: string; readonly clientId: string; readonly publicKeyPem: string }

/** How an endpoint fails: with an answer, or with none. */
export type Fault = 'hang' | { readonly status: number; readonly body: unknown }

/** With Apple's team the provider behaves as Apple, otherwise as Google, Facebook and Amazon. */
export type StandIn = {
  /** The team whose key signs the client secrets. */
  readonly apple?: AppleTeam
}

/** Apple's client secret is a token that the team's key signs. The library gets its own secret in place of a good one. */
export async function takeAppleSecret(request: IncomingMessage, team: AppleTeam, issuer: string, secret: string): Promise<void> {
  const form = new URLSearchParams(await text(request))
  const { payload, protectedHeader } = await jwtVerify(form.get('client_secret') ?? '', createPublicKey(team.publicKeyPem), {
    algorithms: ['ES256'],
    issuer: team.teamId,
    audience: issuer,
    subject: team.clientId,
    // The tests set the clock of the server. Apple wants at most six months.
    currentDate: new Date(0),
  }).catch(() => ({ payload: { iat: 0, exp: 0 }, protectedHeader: { kid: undefined } }))
  const { iat = 0, exp = Number.POSITIVE_INFINITY } = payload
  const isGood = protectedHeader.kid === team.keyId && exp > iat && exp - iat <= 15_777_000
  form.set('client_secret', isGood ? secret : 'wrong')
  Object.assign(request, { body: Object.fromEntries(form) })
}

/** The accounts that Apple has told the name of. It does so once. */
const introduced = new Set<string>()

/** Apple's form has the name beside the code, at the first sign-in only. */
export function withAppleUser(page: string, account: ProviderAccount | undefined): string {
  if (account === undefined || introduced.has(account.sub)) return page
  introduced.add(account.sub)
  const user = { name: { firstName: account['given_name'], lastName: account['family_name'] }, email: account['email'] }
  return page.replace(
    '<noscript>',
    `<input type="hidden" name="user" value="${JSON.stringify(user).replaceAll('"', '&quot;')}"/>\n<noscript>`,
  )
}

/** The profile endpoints of Facebook, Amazon and Google. Undefined for another path. */
export function profileOf(url: URL, account: ProviderAccount | undefined): { readonly status: number; readonly body: object } | undefined {
  const answer = { '/me': facebookProfile, '/user/profile': amazonProfile, '/v1/people/me': googlePerson }[url.pathname]
  if (answer === undefined) return undefined
  return account === undefined ? { status: 401, body: { error: 'invalid_token' } } : answer(account, url.searchParams)
}

type Answer = { readonly status: number; readonly body: object }

/** https://developers.facebook.com/docs/graph-api/reference/user: only the named fields, else `id` and `name`. */
function facebookProfile({ sub: id, ...rest }: ProviderAccount, query: URLSearchParams): Answer {
  const all: Readonly<Record<string, unknown>> = { id, ...rest }
  const fields = query.get('fields')?.split(',') ?? ['id', 'name']
  return { status: 200, body: Object.fromEntries(fields.filter((name) => name in all).map((name) => [name, all[name]])) }
}

/** https://developer.amazon.com/docs/login-with-amazon/obtain-customer-profile.html */
function amazonProfile({ sub: user_id, email, name, postal_code }: ProviderAccount): Answer {
  return { status: 200, body: { user_id: user_id === '' ? undefined : user_id, email, name, postal_code } }
}

/** https://developers.google.com/people/api/rest/v1/people/get: `personFields` is required, and unknown fields are refused. */
function googlePerson(account: ProviderAccount, query: URLSearchParams): Answer {
  const metadata = { primary: true }
  const person: Readonly<Record<string, unknown>> = {
    names: [{ metadata, displayName: account['name'], givenName: account['given_name'] }],
    genders: [{ metadata, value: 'female', formattedValue: 'Female' }],
    birthdays: [{ metadata, date: { year: 1990, month: 1, day: 31 } }],
    phoneNumbers: [{ metadata, value: '+44 7700 900123', canonicalForm: '+447700900123' }],
    photos: [{ metadata, url: 'https://photos.test/ana.png' }],
    addresses: [{ metadata, formattedValue: '1 High Street\nLondon' }],
  }
  const fields = query.get('personFields')?.split(',').filter(Boolean) ?? []
  const wrong = fields.length === 0 || fields.some((name) => !(name in person))
  if (wrong) return { status: 400, body: { error: { code: 400, message: 'Request contains an invalid argument.' } } }
  return {
    status: 200,
    body: { resourceName: `people/${account.sub}`, etag: 'e', ...Object.fromEntries(fields.map((name) => [name, person[name]])) },
  }
}

/** Fails as the test wants it. A request that hangs is never answered. */
export function fail(response: ServerResponse, fault: Fault): void {
  if (fault === 'hang') return
  const isText = typeof fault.body === 'string'
  response.writeHead(fault.status, { 'content-type': isText ? 'text/html' : 'application/json' })
  response.end(isText ? fault.body : JSON.stringify(fault.body))
}
