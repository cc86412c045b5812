import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, usernamesIn } from '../../support/federation.ts'
import {
  beginAt,
  type Claims,
  comeBack,
  json,
  metadataPath,
  runHostileProvider,
  signed,
  tokenAnswer,
} from '../../support/hostile-provider.ts'
import type { HostileAnswer } from '../../support/hostile-provider-process.ts'
import { encode } from '../../support/oauth.ts'
import { locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

type Row = {
  readonly what: string
  readonly error: string
  /** Undefined when the app gets none. */
  readonly text?: string | undefined
  readonly request?: Readonly<Record<string, string | undefined>>
  readonly pool?: Partial<CreateUserPoolCommandInput>
  readonly mapping?: Readonly<Record<string, string>>
  readonly triggers?: Readonly<Record<string, Handler>>
  /** What the provider says at the first sign-in, if the second one is the one that fails. */
  readonly before?: Claims
  readonly claims?: Claims
  readonly answers?: Readonly<Record<string, HostileAnswer>>
  readonly parameters?: Readonly<Record<string, string | undefined>>
}

const required = (Name: string, Mutable = true) => ({ Schema: [{ Name, Required: true, Mutable }] })
const refuse: Handler = () => {
  throw new Error('not today')
}

/** Requests that are wrong before the browser is sent to a provider. */
const beforeProvider: readonly Row[] = [
  { what: 'no response type', error: 'invalid_request', request: { response_type: undefined } },
  { what: 'an unknown response type', error: 'invalid_request', request: { response_type: 'magic' } },
  { what: 'a code challenge without its method', error: 'invalid_request', request: { code_challenge: 'a'.repeat(43) } },
  { what: 'a plain challenge', error: 'invalid_request', request: { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' } },
  { what: 'a flow that the client may not use', error: 'unauthorized_client', request: { response_type: 'token' } },
  { what: 'a scope that the client does not have', error: 'invalid_scope', request: { scope: 'openid other/scope' } },
  { what: 'prompt=none without a session', error: 'login_required', request: { prompt: 'none' } },
]

/** Failures at the provider or with what it says. The texts are those of Cognito where they are known. */
const atProvider: readonly Row[] = [
  {
    what: 'a token endpoint that fails',
    error: 'invalid_request',
    text: 'Corp Error - 500 error getting token',
    answers: { '/token': { status: 500, body: '<h1>Oops</h1>', headers: { 'content-type': 'text/html' } } },
  },
  {
    what: 'a token endpoint that says why',
    error: 'invalid_request',
    text: 'Corp Error - 400 invalid_grant The code was used.',
    answers: { '/token': { ...json({ error: 'invalid_grant', error_description: 'The code was used.' }), status: 400 } },
  },
  {
    what: 'a token endpoint that challenges',
    error: 'invalid_request',
    text: 'Corp Error - 401 error getting token',
    answers: { '/token': { status: 401, headers: { 'www-authenticate': 'Bearer realm="x"' } } },
  },
  { what: 'a connection that ends', error: 'invalid_request', text: 'Connection reset', answers: { '/token': { manner: 'reset' } } },
  {
    what: 'a key set that fails',
    error: 'invalid_request',
    text: 'Corp Error - 503 error getting keys',
    answers: { '/jwks': { status: 503 } },
  },
  {
    what: 'user info that fails',
    error: 'invalid_request',
    text: 'Corp Error - 403 error getting user info',
    answers: { '/userinfo': { status: 403 } },
  },
  {
    what: 'a user who declines',
    error: 'access_denied',
    text: 'The user said no.',
    parameters: { code: undefined, error: 'access_denied', error_description: 'The user said no.' },
  },
  {
    what: 'an error without words',
    error: 'invalid_request',
    text: 'Corp Error - server_error',
    parameters: { code: undefined, error: 'server_error' },
  },
  { what: 'a required attribute without a claim', error: 'invalid_request', text: 'attributes required: [email]', pool: required('email') },
  {
    what: 'a required attribute that is cleared',
    error: 'invalid_request',
    text: 'Invalid user attributes: name: Required attribute cannot be deleted',
    pool: required('name'),
    before: { name: 'Ana' },
    claims: { name: '' },
  },
  {
    what: 'an attribute that cannot change',
    error: 'invalid_request',
    text: 'user.name: Attribute cannot be updated.',
    pool: required('name', false),
    before: { name: 'Ana' },
    claims: { name: 'Eva' },
  },
  {
    what: 'a username that is too long',
    error: 'invalid_request',
    text: `1 validation error detected: Value 'Corp_${'a'.repeat(123)}' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 128`,
    claims: { sub: 'a'.repeat(124) },
  },
  ...['InboundFederation', 'PreSignUp', 'PostConfirmation'].map((trigger) => ({
    what: `a ${trigger} function that refuses`,
    error: 'invalid_request',
    text: `${trigger} failed with error not today.`,
    triggers: { [trigger]: refuse },
  })),
  ...['PreAuthentication', 'PostAuthentication'].map((trigger) => ({
    what: `a ${trigger} function that refuses`,
    error: 'invalid_request',
    text: `${trigger} failed with error not today.`,
    before: {},
    triggers: { [trigger]: refuse },
  })),
]

for (const engine of engines) {
  describe(`Errors of sign-ins by identity providers on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runHostileProvider()

    const given = ({ pool = {}, mapping = { email: 'email', name: 'name' }, triggers }: Row, client = {}) => {
      const LambdaConfig = triggers === undefined ? {} : { LambdaConfig: endpoint.given(triggers).lambdaConfig }
      return givenFederatedPool(server(), provider, { pool: { ...pool, ...LambdaConfig }, client, more: { AttributeMapping: mapping } })
    }
    const signIn = async (clientId: string, { claims = {}, answers = {}, parameters = {}, request = {} }: Partial<Row>) => {
      const begun = await beginAt(server(), provider, clientId, request)
      const token = tokenAnswer(await signed(provider, { ...begun.claims, ...claims }))
      await provider.answer({ '/token': token, '/userinfo': json({ sub: claims['sub'] ?? 'ana' }), ...answers })
      return comeBack(begun, parameters)
    }
    const assertError = (location: string, { what, error, text }: Row) => {
      const { origin, pathname } = new URL(location)
      assert.equal(origin + pathname, 'https://app.test/callback', what)
      const found = paramsIn(location)
      assert.deepEqual([found.get('error'), found.get('state')], [error, 's'], `${what}: ${location}`)
      if (text !== undefined) assert.equal(found.get('error_description'), text, what)
    }

    it('go to the app for requests that are wrong themselves', async () => {
      const { clientId } = await given({ what: '', error: '' })
      for (const row of beforeProvider) {
        const query = encode(appRequest(clientId, row.request))
        assertError(locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${query}`)), row)
      }
    })

    it('stay on the error page when client or redirect URI cannot be used', async () => {
      const { clientId } = await given({ what: '', error: '' })
      for (const wrong of [{ client_id: 'unknown0000000000000000000' }, { redirect_uri: 'https://evil.test/' }]) {
        const query = encode({ ...appRequest(clientId), ...wrong })
        const { status, headers } = await new TestBrowser(server()).visit(`/oauth2/authorize?${query}`)
        assert.equal(status, 302)
        assert.match(headers.get('location') ?? '', /^\/error\?error=/)
        const page = await new TestBrowser(server()).visit(headers.get('location') ?? '')
        assert.equal(page.status, 400)
      }
    })

    it('go to the app with the text of Cognito for each failure of a provider', async () => {
      for (const row of atProvider) {
        const { poolId, clientId } = await given(row.before === undefined ? row : { ...row, triggers: {} })
        if (row.before !== undefined) assert.match(await signIn(clientId, { claims: row.before }), /\?code=/, row.what)
        const { clientId: failing = clientId } = row.before !== undefined && row.triggers !== undefined ? await withTriggers(row) : {}
        assertError(await signIn(failing, row), row)
        assert.ok((await usernamesIn(server(), poolId)).length <= 1, row.what)
      }
    })

    /** A pool of its own whose user has signed in once while the functions agreed. */
    const withTriggers = async (row: Row) => {
      let refuses = false
      const triggers = Object.fromEntries(
        Object.entries(row.triggers ?? {}).map(([name, handler]): [string, Handler] => [
          name,
          (event) => (refuses ? handler(event) : event),
        ]),
      )
      const { clientId } = await given({ ...row, triggers })
      assert.match(await signIn(clientId, {}), /\?code=/)
      refuses = true
      return { clientId }
    }

    it('stand in the fragment in the implicit flow, as observed at Cognito', async () => {
      const { clientId } = await given({ what: '', error: '', pool: required('phone_number') }, { AllowedOAuthFlows: ['implicit'] })
      const location = await signIn(clientId, { request: { response_type: 'token', state: undefined } })
      assert.equal(location, 'https://app.test/callback#error_description=attributes+required%3A+%5Bphone_number%5D&error=invalid_request')
    })

    it('come before the provider when its metadata cannot be fetched', async () => {
      const ProviderDetails = { oidc_issuer: `${provider.issuer}/nowhere` }
      // The provider gives no answer at its set-up: an error would be refused.
      await provider.answer({ [`/nowhere${metadataPath}`]: { manner: 'reset' } })
      const { clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails } })
      await provider.answer({ [`/nowhere${metadataPath}`]: { status: 500 } })
      const location = locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(appRequest(clientId))}`))
      assertError(location, { what: 'metadata', error: 'invalid_request', text: 'Corp Error - 500 error getting metadata' })
    })
  })
}
