import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createCertificate } from '../../src/pools/signing-certificate/create-certificate.ts'
import type { Entity, Samlify } from './samlify.ts'

// A SAML identity provider with `samlify`, in a process of its own. The parent sends settings by IPC, and gets the metadata.

export type SamlAccount = { readonly nameId: string; readonly attributes: Readonly<Record<string, string | readonly string[]>> }

export type SamlSetUp = {
  readonly serviceProvider: {
    readonly entityId: string
    readonly assertionConsumerUrl: string
    /** DER in base64. */
    readonly signingCertificate?: string
    readonly encryptionCertificate?: string
  }
  /** How the provider answers LogoutRequests, whose signature it checks by our certificate (DER in base64). */
  readonly logout?: {
    readonly certificate: string
    readonly returnUri: string
    readonly binding: 'post' | 'redirect'
    readonly isUnsigned?: boolean
    /** Values of the LogoutResponse that replace the right ones. */
    readonly values?: Readonly<Record<string, string>>
    /** By which binding the metadata of the provider wants logout messages, and where answers go if not there. Default: `redirect`. */
    readonly takes?: 'post' | 'redirect'
    readonly responseUrl?: string
  }
  /** What the provider signs. */
  readonly signs?: 'assertion' | 'response'
  readonly accounts: Readonly<Record<string, SamlAccount>>
  /** Values of the response's template that replace the right ones. Undefined ones empty it. */
  readonly values?: Readonly<Record<string, string>>
  readonly signatureAlgorithm?: string
  /** How far the provider's clock is ahead, in milliseconds. */
  readonly clockMs?: number
}

/** A LogoutRequest that the provider sends by itself. */
export type SamlLogoutStart = {
  readonly binding: 'post' | 'redirect'
  readonly relayState?: string
  readonly isUnsigned?: boolean
  /** Values of the LogoutRequest that replace the right ones, of the user Ana. */
  readonly values?: Readonly<Record<string, string>>
  /** The XML of the request instead of the usual one, with the values in braces. */
  readonly template?: string
}

const samlify = ((await import(import.meta.resolve('samlify'))) as { default: Samlify }).default
samlify.setSchemaValidator({ validate: async () => 'valid' })

const { certificate, privateKey } = await createCertificate('provider', Date.now())
const pem = (der: Buffer, label: string) =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`

let setUp: SamlSetUp | undefined

const server = createServer((request, response) => {
  void handle(request, response).catch((error: Error) => response.writeHead(500).end(String(error.stack)))
})

const newId = () => `_${randomBytes(16).toString('hex')}`
const escaped = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  response.setHeader('content-type', 'text/html')
  if (url.pathname === '/metadata') return void response.setHeader('content-type', 'text/xml').end(entities().provider.getMetadata())
  if (url.pathname === '/begin-slo') return void response.end(beginLogout(JSON.parse(await text(request)) as SamlLogoutStart))
  if (url.pathname === '/slo-answer') {
    const body = new URLSearchParams(await text(request))
    return void response.end(await readLogoutAnswer(request.method === 'POST' ? body : url.searchParams, request.method === 'POST'))
  }
  if (url.pathname === '/slo') return endSession(url.searchParams, response)
  if (request.method === 'GET') return void response.end(loginPage(url.search))
  const form = new URLSearchParams(await text(request))
  const query = new URLSearchParams(form.get('query') ?? '')
  const isAsked = query.has('SAMLRequest')
  const requestId = isAsked ? await requestIdIn(query) : undefined
  const SAMLResponse = await respond(form.get('login') ?? '', requestId)
  const fields = { SAMLResponse, RelayState: query.get('RelayState') ?? '' }
  response.end(answerPage(setUp?.serviceProvider.assertionConsumerUrl ?? '', fields))
}

function entities() {
  if (setUp === undefined) throw new Error('not open')
  const { serviceProvider, signs = 'assertion', signatureAlgorithm = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' } = setUp
  const { entityId, assertionConsumerUrl, signingCertificate, encryptionCertificate } = serviceProvider
  const provider = samlify.IdentityProvider({
    entityID: `${origin()}/metadata`,
    privateKey: pem(privateKey, 'PRIVATE KEY'),
    signingCert: pem(certificate, 'CERTIFICATE'),
    wantAuthnRequestsSigned: signingCertificate !== undefined,
    wantLogoutRequestSigned: true,
    wantLogoutResponseSigned: true,
    isAssertionEncrypted: encryptionCertificate !== undefined,
    requestSignatureAlgorithm: signatureAlgorithm,
    dataEncryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    singleSignOnService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: `${origin()}/sso` }],
    singleLogoutService: [
      {
        Binding: `urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${setUp.logout?.takes === 'post' ? 'POST' : 'Redirect'}`,
        Location: `${origin()}/slo`,
      },
    ],
    nameIDFormat: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
  })
  const sp = samlify.ServiceProvider({
    entityID: entityId,
    authnRequestsSigned: signingCertificate !== undefined,
    wantAssertionsSigned: signs === 'assertion',
    wantMessageSigned: signs === 'response',
    ...(signingCertificate !== undefined && { signingCert: pem(Buffer.from(signingCertificate, 'base64'), 'CERTIFICATE') }),
    ...(encryptionCertificate !== undefined && { encryptCert: pem(Buffer.from(encryptionCertificate, 'base64'), 'CERTIFICATE') }),
    assertionConsumerService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: assertionConsumerUrl }],
  })
  return { provider, sp }
}

/** Our server, with its addresses for logouts. */
function logoutParty(isUnsigned: boolean): Entity {
  const { serviceProvider, logout } = setUp ?? {}
  if (serviceProvider === undefined || logout === undefined) throw new Error('no logout')
  const { certificate: ours, returnUri } = logout
  return samlify.ServiceProvider({
    entityID: serviceProvider.entityId,
    signingCert: pem(Buffer.from(ours, 'base64'), 'CERTIFICATE'),
    wantLogoutResponseSigned: !isUnsigned,
    wantLogoutRequestSigned: !isUnsigned,
    assertionConsumerService: [
      { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: serviceProvider.assertionConsumerUrl },
    ],
    singleLogoutService: [
      { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: returnUri },
      { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: returnUri },
    ],
  })
}

const logoutTemplate = `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" NotOnOrAfter="{NotOnOrAfter}" Destination="{Destination}"><saml:Issuer>{Issuer}</saml:Issuer><saml:NameID Format="{NameIDFormat}">{NameID}</saml:NameID><samlp:SessionIndex>{SessionIndex}</samlp:SessionIndex></samlp:LogoutRequest>`

/** A LogoutRequest of the provider: the address that the browser is sent to, or the form that it sends. */
function beginLogout({ binding, relayState = '', isUnsigned = false, values = {}, template = logoutTemplate }: SamlLogoutStart): string {
  const { provider } = entities()
  const all: Record<string, string> = {
    ID: newId(),
    IssueInstant: new Date().toISOString(),
    NotOnOrAfter: new Date(Date.now() + 300_000).toISOString(),
    Destination: setUp?.logout?.returnUri ?? '',
    Issuer: `${origin()}/metadata`,
    NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    NameID: 'Ana-1',
    SessionIndex: 'session-1',
    ...values,
  }
  const xml = template.replaceAll(/\{(\w+)\}/g, (_tag, name: string) => all[name] ?? '')
  const made = provider.createLogoutRequest(logoutParty(isUnsigned), binding, {}, relayState, () => ({ id: all['ID'] ?? '', context: xml }))
  const form = { SAMLRequest: made.context, ...(relayState !== '' && { RelayState: relayState }) }
  return JSON.stringify({ id: all['ID'], ...(binding === 'post' ? { form } : { to: made.context }) })
}

/** Checks our LogoutResponse with its signature, and tells what it says. */
async function readLogoutAnswer(received: URLSearchParams, isForm: boolean): Promise<string> {
  const { provider } = entities()
  const query = signedQueryOf(received)
  const sent = isForm ? { body: Object.fromEntries(received) } : query
  const relayState = received.get('RelayState')
  try {
    const { samlContent, extract } = await provider.parseLogoutResponse(logoutParty(false), isForm ? 'post' : 'redirect', sent)
    const { inResponseTo, destination } = extract.response ?? {}
    return JSON.stringify({ inResponseTo, destination, issuer: extract.issuer, status: codesIn(samlContent), relayState })
  } catch (error) {
    // The library has a failure of its own for an answer without success.
    if (!String(error).includes('ERR_FAILED_STATUS')) throw error
    return JSON.stringify({ status: codesIn(String(error)), relayState })
  }
}

const codesIn = (text: string) => [...text.matchAll(/urn:oasis:names:tc:SAML:2\.0:status:(\w+)/g)].map(([, code]) => code)

/** Checks the LogoutRequest with its signature, and answers it as the settings say. */
async function endSession(query: URLSearchParams, response: ServerResponse): Promise<void> {
  const { provider } = entities()
  const { logout } = setUp ?? {}
  if (logout === undefined) throw new Error('no logout')
  const { returnUri, binding, isUnsigned = false, values = {} } = logout
  const sp = logoutParty(isUnsigned)
  const parsed = await provider.parseLogoutRequest(sp, 'redirect', signedQueryOf(query))
  const all: Record<string, string> = {
    ID: newId(),
    IssueInstant: new Date().toISOString(),
    Destination: returnUri,
    Issuer: `${origin()}/metadata`,
    InResponseTo: parsed.extract.request?.id ?? '',
    StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    ...values,
  }
  const RelayState = query.get('RelayState') ?? ''
  const { context } = provider.createLogoutResponse(sp, parsed, binding, RelayState, (template) => ({
    id: all['ID'] ?? '',
    context: template.replaceAll(/\{(\w+)\}/g, (_tag, name: string) => all[name] ?? ''),
  }))
  if (binding === 'redirect') return void response.writeHead(302, { location: context }).end()
  response.end(answerPage(returnUri, { SAMLResponse: context, RelayState }))
}

/** Checks the request, and its signature where one is wanted. */
async function requestIdIn(query: URLSearchParams): Promise<string | undefined> {
  const { provider, sp } = entities()
  const parsed = await provider.parseLoginRequest(sp, 'redirect', signedQueryOf(query))
  return parsed.extract.request?.id
}

function signedQueryOf(query: URLSearchParams) {
  const octetString = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg']
    .filter((name) => query.has(name))
    .map((name) => `${name}=${encodeURIComponent(query.get(name) ?? '')}`)
    .join('&')
  return { query: Object.fromEntries(query), octetString }
}

async function respond(login: string, requestId: string | undefined): Promise<string> {
  const { provider, sp } = entities()
  const account = setUp?.accounts[login]
  if (account === undefined) throw new Error(`no account ${login}`)
  const { serviceProvider, values = {}, clockMs = 0 } = setUp ?? { serviceProvider: undefined }
  const now = Date.now() + clockMs
  const time = (ms: number) => new Date(now + ms).toISOString()
  const acs = serviceProvider?.assertionConsumerUrl ?? ''
  const all: Record<string, string> = {
    ID: newId(),
    AssertionID: newId(),
    Destination: acs,
    Audience: serviceProvider?.entityId ?? '',
    SubjectRecipient: acs,
    Issuer: `${origin()}/metadata`,
    IssueInstant: time(0),
    StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    ConditionsNotBefore: time(-1000),
    ConditionsNotOnOrAfter: time(300_000),
    SubjectConfirmationDataNotOnOrAfter: time(300_000),
    NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    NameID: escaped(account.nameId),
    InResponseTo: requestId ?? '',
    AuthnStatement: `<saml:AuthnStatement AuthnInstant="${time(0)}" SessionIndex="session-1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
    AttributeStatement: attributeStatement(account),
    ...values,
  }
  const customize = (template: string) => {
    const filled = template.replaceAll(/\{(\w+)\}/g, (_tag, name: string) => all[name] ?? '')
    return { id: all['ID'] ?? '', context: filled.replaceAll(' InResponseTo=""', '') }
  }
  return (await provider.createLoginResponse(sp, {}, 'post', {}, customize)).context
}

function attributeStatement({ attributes }: SamlAccount): string {
  const all = Object.entries(attributes).map(([name, value]) => {
    const values = [value].flat().map((one) => `<saml:AttributeValue>${escaped(one)}</saml:AttributeValue>`)
    return `<saml:Attribute Name="${escaped(name)}">${values.join('')}</saml:Attribute>`
  })
  return `<saml:AttributeStatement>${all.join('')}</saml:AttributeStatement>`
}

const loginPage = (query: string): string => `<!doctype html><title>SAML provider</title><h1>SAML provider</h1>
<form method="post" action="/sso"><input type="hidden" name="query" value="${escaped(query)}">
<label>Account <input name="login"></label><button>Sign in at the provider</button></form>`

const answerPage = (action: string, fields: Readonly<Record<string, string>>): string => `<!doctype html><title>SAML provider</title>
<form method="post" action="${escaped(action)}">${Object.entries(fields)
  .map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`)
  .join('')}<button>Continue</button></form>`

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

server.listen(0, '127.0.0.1', () => {
  process.on('message', (message: { readonly open: SamlSetUp }) => {
    setUp = message.open
    process.send?.({ origin: origin(), metadata: entities().provider.getMetadata() })
  })
  process.send?.({ origin: origin() })
})
process.on('disconnect', () => process.exit())
