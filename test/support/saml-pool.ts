import { CreateIdentityProviderCommand, type CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { appRequest } from './federation.ts'
import { codeClient, encode, givenClient } from './oauth.ts'
import { type RunningSamlProvider, samlFormFor } from './saml-provider.ts'
import type { SamlSetUp } from './saml-provider-process.ts'
import { locationOf, TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const mailClaim = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress'

const accounts = {
  ana: { nameId: 'Ana-1', attributes: { [mailClaim]: 'ana@corp.test', groups: ['Admin', 'R&D'] } },
  eve: { nameId: 'Eve-1', attributes: { [mailClaim]: 'eve@corp.test' } },
}

/** Our server, as the SAML provider knows it. */
export const serviceProviderOf = (server: Pick<TestServer, 'url'>, poolId: string) => ({
  entityId: `urn:amazon:cognito:sp:${poolId}`,
  assertionConsumerUrl: `${server.url}/saml2/idpresponse`,
})

type Given = TestPoolOptions & {
  readonly details?: Readonly<Record<string, string>>
  readonly setUp?: Partial<SamlSetUp>
  readonly identifiers?: string[]
}

/** A pool with the SAML provider `Corp`, and a client that offers only it. `open` changes the provider's settings. */
export async function givenSamlPool(
  server: TestServer,
  provider: RunningSamlProvider,
  { details = {}, pool = {}, setUp = {}, client = {}, identifiers = [] }: Given = {},
) {
  const Schema: CreateUserPoolCommandInput['Schema'] = [{ Name: 'groups', AttributeDataType: 'String', Mutable: true }]
  const { poolId } = await server.givenPool({ pool: { Schema, ...pool } })
  const open = (more: Partial<SamlSetUp> = {}) =>
    provider.open({ serviceProvider: serviceProviderOf(server, poolId), accounts, ...setUp, ...more })
  await server.send(
    new CreateIdentityProviderCommand({
      UserPoolId: poolId,
      ProviderName: 'Corp',
      ProviderType: 'SAML',
      IdpIdentifiers: identifiers,
      ProviderDetails: { MetadataFile: await open(), ...details },
      AttributeMapping: { email: mailClaim, 'custom:groups': 'groups' },
    }),
  )
  const { clientId } = await givenClient(server, poolId, { ...codeClient, SupportedIdentityProviders: ['Corp'], ...client })
  return { poolId, clientId, open }
}

export type SamlForm = { readonly SAMLResponse: string; readonly RelayState: string }

/** Begins a sign-in: the browser is sent to `toProvider`. */
export async function beginSaml(server: TestServer, clientId: string, browser = new TestBrowser(server)) {
  const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId))}`))
  return { browser, toProvider }
}

/** Sends the form of the provider, and returns where the browser is sent in the end. */
export async function answerSaml(browser: TestBrowser, form: SamlForm): Promise<string> {
  const kept = await browser.submit('/saml2/idpresponse', form, { 'sec-fetch-site': 'cross-site' })
  return locationOf(kept.status === 303 ? await browser.visit(kept.headers.get('location') ?? '') : kept)
}

/** A whole sign-in. `forge` changes the XML of the response on its way. Returns where the app is called back. */
export async function signInBySaml(server: TestServer, clientId: string, { login = 'ana', forge = (xml: string) => xml } = {}) {
  const { browser, toProvider } = await beginSaml(server, clientId)
  const { SAMLResponse, RelayState } = await samlFormFor(toProvider, login)
  const xml = Buffer.from(SAMLResponse, 'base64').toString()
  return answerSaml(browser, { SAMLResponse: Buffer.from(forge(xml)).toString('base64'), RelayState })
}
