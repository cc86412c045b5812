import assert from 'node:assert/strict'
import { GetSigningCertificateCommand, UpdateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { appRequest } from './federation.ts'
import { encode } from './oauth.ts'
import { answerSaml, givenSamlPool } from './saml-pool.ts'
import { beginLogoutAt, type RunningSamlProvider, readLogoutAnswerAt, samlFormFor } from './saml-provider.ts'
import type { SamlLogoutStart, SamlSetUp } from './saml-provider-process.ts'
import { locationOf, TestBrowser } from './test-browser.ts'
import type { TestServer } from './test-server.ts'

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const names = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
const head = `<samlp:LogoutRequest ${names} ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" Destination="{Destination}"><saml:Issuer>{Issuer}</saml:Issuer>`

/** The template of a LogoutRequest with these elements behind its Issuer. */
export const logoutRequest = (inner: string): string => `${head}${inner}</samlp:LogoutRequest>`
/** The NameID of a LogoutRequest, with more attributes. */
export const nameIdWith = (attributes = ''): string => `<saml:NameID ${attributes} Format="${persistent}">{NameID}</saml:NameID>`

type Given = { details?: Record<string, string>; logout?: object }

/** What tests of logouts need that the SAML provider begins: pools, sign-ins, requests and the answers of the server. */
export function samlLogouts(server: () => TestServer, provider: RunningSamlProvider) {
  async function given({ details = { IDPSignout: 'true' }, logout = {} }: Given = {}) {
    const made = await givenSamlPool(server(), provider, { details })
    const { Certificate = '' } = await server().send(new GetSigningCertificateCommand({ UserPoolId: made.poolId }))
    const returnUri = `${server().url}/saml2/logout`
    const set = { certificate: Certificate, returnUri, binding: 'post', ...logout } as SamlSetUp['logout'] & object
    const metadata = await made.open({ logout: set })
    const ProviderDetails = { MetadataFile: metadata, ...details }
    await server().send(new UpdateIdentityProviderCommand({ UserPoolId: made.poolId, ProviderName: 'Corp', ProviderDetails }))
    return { ...made, metadata, set }
  }

  async function signedIn(clientId: string, login = 'ana', browser = new TestBrowser(server())) {
    const query = encode(appRequest(clientId, { prompt: 'login' }))
    const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${query}`))
    const location = await answerSaml(browser, await samlFormFor(toProvider, login))
    assert.match(location, /code=/)
    return { browser, code: new URL(location).searchParams.get('code') ?? '' }
  }

  /** The browser brings the request of the provider, and gets the answer of the server. */
  async function bring(browser: TestBrowser, { to, form }: Awaited<ReturnType<typeof beginLogoutAt>>) {
    if (to !== undefined) return browser.visit(to.slice(server().url.length))
    const kept = await browser.submit('/saml2/logout', form ?? {}, { 'sec-fetch-site': 'cross-site' })
    return kept.status === 303 ? browser.visit(kept.headers.get('location') ?? '') : kept
  }
  const start = async (browser: TestBrowser, how: Partial<SamlLogoutStart> = {}) =>
    bring(browser, await beginLogoutAt(provider, { binding: 'redirect', ...how }))

  const answerIn = async (location: string) => readLogoutAnswerAt(provider, { query: new URL(location).search })
  const isSignedIn = async (browser: TestBrowser, clientId: string) =>
    locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId, { identity_provider: undefined }))}`)).includes('code=')

  return { given, signedIn, bring, start, answerIn, isSignedIn }
}
