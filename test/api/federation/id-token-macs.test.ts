import assert from 'node:assert/strict'
import { createHmac, createPublicKey, type JsonWebKeyInput, randomBytes } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient, signInByProvider, tokensFor, usernamesIn } from '../../support/federation.ts'
import {
  type Claims,
  type HostileProvider,
  json,
  metadataOf,
  metadataPath,
  runHostileProvider,
  signed,
  signInWithForged,
} from '../../support/hostile-provider.ts'
import { errorIn, runOpenIdProvider } from '../../support/openid-provider.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const macs = ['HS256', 'HS384', 'HS512'] as const
type Mac = (typeof macs)[number]

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The claims with a MAC. `hash` is the one of the algorithm, unless the header lies. */
function withMac(claims: Claims, secret: string | Buffer, alg: Mac = 'HS256', hash = alg.replace('HS', 'sha')): string {
  const text = `${encoded({ alg })}.${encoded(claims)}`
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`
}

const secret = randomBytes(48).toString('base64url')

type Details = Readonly<Record<string, string>>

/** A sign-in at a provider of a pool of its own. Returns where the app is called back, and the users of the pool. */
async function signIn(server: TestServer, provider: HostileProvider, details: Details, forged: Parameters<typeof signInWithForged>[3]) {
  await provider.answer(forged?.answers)
  const { poolId, clientId } = await givenFederatedPool(server, provider, {
    more: { ProviderDetails: { client_secret: secret, ...details } },
  })
  const location = await signInWithForged(server, provider, clientId, forged)
  return { location, users: await usernamesIn(server, poolId) }
}

for (const engine of engines) {
  describe(`ID tokens with a MAC of an OpenID Connect provider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    const longSecret = randomBytes(48).toString('hex')
    const idTokenSigningAlgValues = ['RS256', ...macs]
    before(() =>
      provider.open({
        clients: [providerClient(server()), ...macs].map((one) =>
          typeof one === 'string'
            ? providerClient(server(), { client_id: one, client_secret: longSecret, id_token_signed_response_alg: one })
            : one,
        ),
        accounts: [{ sub: 'ana', email: 'ana@corp.test', name: 'Ana' }],
        configuration: { enabledJWA: { idTokenSigningAlgValues } },
      }),
    )

    for (const alg of macs) {
      it(`are accepted with ${alg}, whether the settings name it or not`, async () => {
        for (const more of [{}, { id_token_signed_response_alg: alg }] as readonly Details[]) {
          const ProviderDetails = { client_id: alg, client_secret: longSecret, ...more }
          const { clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails } })
          const { claims } = await tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId), 'ana'))
          assert.equal(claims['cognito:username'], 'Corp_ana')
          assert.equal(claims['name'], 'Ana')
        }
      })
    }

    it('leave signatures with a key as they were, at the same provider', async () => {
      for (const more of [{}, { id_token_signed_response_alg: 'RS256' }] as readonly Details[]) {
        const { clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails: more } })
        await tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId), 'ana'))
      }
    })

    it('are refused where the settings name another algorithm', async () => {
      for (const other of ['RS256', 'HS512']) {
        const ProviderDetails = { client_id: 'HS256', client_secret: longSecret, id_token_signed_response_alg: other }
        const { poolId, clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails } })
        const { error } = errorIn(await signInByProvider(server(), appRequest(clientId), 'ana'))
        assert.equal(error, 'invalid_request')
        assert.deepEqual(await usernamesIn(server(), poolId), [])
      }
    })
  })

  describe(`Forged ID tokens with a MAC on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    // The metadata of a provider is kept, so each has its own.
    const [mixed, asymmetric] = [await runHostileProvider(), await runHostileProvider()]
    const asymmetricMetadata = {
      [metadataPath]: json(metadataOf(asymmetric.issuer, { id_token_signing_alg_values_supported: ['RS256', 'ES256'] })),
    }

    const assertRefused = async (
      what: string,
      forged: Parameters<typeof signInWithForged>[3],
      { provider = mixed, details = {} }: { provider?: HostileProvider; details?: Details } = {},
    ) => {
      const { location, users } = await signIn(server(), provider, details, forged)
      const { error, description } = errorIn(location)
      assert.equal(error, 'invalid_request', `${what}: ${location}`)
      assert.match(description ?? '', /^(Corp|Google) Error - ./, what)
      assert.deepEqual(users, [], what)
    }
    const assertAccepted = async (what: string, idToken: (claims: Claims) => string | Promise<string>, details: Details = {}) => {
      const { location, users } = await signIn(server(), mixed, details, { idToken })
      assert.match(location, /\?code=/, what)
      assert.deepEqual(users, ['Corp_ana'], what)
    }
    const publicKeys = (): readonly (string | Buffer)[] => {
      const key = createPublicKey({ key: mixed.publicJwk, format: 'jwk' } as JsonWebKeyInput)
      const forms = [key.export({ format: 'pem', type: 'spki' }), key.export({ format: 'der', type: 'spki' })]
      return [...forms, String(forms[0]).trim(), JSON.stringify(mixed.publicJwk), String(mixed.publicJwk.n)]
    }

    it('are refused where good ones are accepted', async () => {
      for (const alg of macs) await assertAccepted(alg, (claims) => withMac(claims, secret, alg))
      // CheckIdentityProvider warns of it.
      await assertAccepted('a short secret', (claims) => withMac(claims, 'hush'), { client_secret: 'hush' })
      const secrets = [...publicKeys(), randomBytes(48), secret.slice(0, 16), `${secret} `, Buffer.from(secret, 'base64url'), ' ', '']
      for (const wrong of secrets) {
        for (const alg of macs) await assertRefused(`${alg} with ${wrong}`, { idToken: (claims) => withMac(claims, wrong, alg) })
      }
    })

    it('are refused with another algorithm than their header says, or with none', async () => {
      await assertRefused('SHA-256 as HS512', { idToken: (claims) => withMac(claims, secret, 'HS512', 'sha256') })
      await assertRefused('a MAC as RS256', { idToken: (claims) => withMac(claims, secret, 'RS256' as Mac, 'sha256') })
      await assertRefused('a signature as HS256', {
        idToken: async (claims) => `${encoded({ alg: 'HS256', kid: 'k1' })}.${(await signed(mixed, claims)).split('.').slice(1).join('.')}`,
      })
      for (const alg of ['none', 'hs256', 'HS1', 'HS255', '__proto__']) {
        await assertRefused(alg, { idToken: (claims) => withMac(claims, secret, alg as Mac, 'sha256') })
        await assertRefused(`${alg}, unsigned`, { idToken: (claims) => `${encoded({ alg })}.${encoded(claims)}.` })
      }
    })

    it('are refused when a key of the key set made them, even a secret one', async () => {
      const known = randomBytes(48)
      const keys = [mixed.publicJwk, { kty: 'oct', kid: 'mac', alg: 'HS256', k: known.toString('base64url') }]
      const answers = { '/jwks': json({ keys }) }
      for (const header of [{}, { kid: 'mac' }, { jwk: keys[1] }]) {
        const text = (claims: Claims) => `${encoded({ alg: 'HS256', ...header })}.${encoded(claims)}`
        const idToken = (claims: Claims) => `${text(claims)}.${createHmac('sha256', known).update(text(claims)).digest('base64url')}`
        await assertRefused(JSON.stringify(header), { idToken, answers })
      }
    })

    it('are refused with the right secret at a provider that announces signatures with keys only', async () => {
      for (const alg of macs) {
        const idToken = (claims: Claims) => withMac(claims, secret, alg)
        await assertRefused(alg, { idToken, answers: asymmetricMetadata }, { provider: asymmetric })
      }
      const { users } = await signIn(server(), asymmetric, {}, { answers: asymmetricMetadata })
      assert.deepEqual(users, ['Corp_ana'])
    })

    it('are refused with the right secret where the settings name another algorithm, and so are signatures in place of a MAC', async () => {
      const right = (claims: Claims) => withMac(claims, secret)
      await assertRefused('RS256 is named', { idToken: right }, { details: { id_token_signed_response_alg: 'RS256' } })
      await assertRefused('HS512 is named', { idToken: right }, { details: { id_token_signed_response_alg: 'HS512' } })
      await assertRefused('HS256 is named', {}, { details: { id_token_signed_response_alg: 'HS256' } })
      await assertAccepted('HS256 is named', right, { id_token_signed_response_alg: 'HS256' })
    })

    it('are refused where no metadata announces them, unless the settings name the algorithm', async () => {
      const { issuer } = mixed
      const endpoints = { authorize_url: `${issuer}/auth`, token_url: `${issuer}/token`, jwks_uri: `${issuer}/jwks` }
      const right = (claims: Claims) => withMac(claims, secret)
      await assertRefused('endpoints in the settings', { idToken: right }, { details: endpoints })
      await assertAccepted('the algorithm as well', right, { ...endpoints, id_token_signed_response_alg: 'HS256' })
      await assertAccepted('a signature', (claims) => signed(mixed, claims), endpoints)
    })

    it('are refused where the client has no secret', async () => {
      for (const wrong of ['', 'undefined', secret]) {
        await assertRefused(`a MAC with ${wrong}`, { idToken: (claims) => withMac(claims, wrong) }, { details: { client_secret: '' } })
      }
    })

    it('are refused at providers of another type, and so is the setting', async () => {
      const { issuer } = mixed
      const endpoints = { authorize_url: `${issuer}/auth`, token_url: `${issuer}/token`, jwks_uri: `${issuer}/jwks` }
      const google = { ProviderName: 'Google', ProviderType: 'Google' } as const
      const details = { oidc_issuer: issuer, client_secret: secret, attributes_url: `${issuer}/userinfo` }
      const { jwks_uri: _discovered, ...incomplete } = endpoints
      for (const given of [
        { ...details, ...endpoints },
        { ...details, ...incomplete },
      ]) {
        await mixed.answer()
        const { poolId, clientId } = await givenFederatedPool(server(), mixed, { more: { ...google, ProviderDetails: given } })
        const request = { identity_provider: 'Google' }
        const idToken = (claims: Claims) => withMac(claims, secret)
        const { description } = errorIn(await signInWithForged(server(), mixed, clientId, { idToken }, request))
        assert.match(description ?? '', /^Google Error - invalid response/)
        assert.deepEqual(await usernamesIn(server(), poolId), [])
        assert.match(await signInWithForged(server(), mixed, clientId, {}, request), /code=/)
      }
      const refused: readonly { ProviderName?: 'Google'; ProviderType?: 'Google'; ProviderDetails: Details }[] = [
        { ...google, ProviderDetails: { ...details, id_token_signed_response_alg: 'HS256' } },
        { ProviderDetails: { client_secret: '', id_token_signed_response_alg: 'HS256' } },
        { ProviderDetails: { id_token_signed_response_alg: 'none' } },
      ]
      for (const more of refused) {
        await assert.rejects(givenFederatedPool(server(), mixed, { more }), { name: 'InvalidParameterException' })
      }
    })
  })
}
