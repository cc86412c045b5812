import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, tokensFor, usernamesIn } from '../../support/federation.ts'
import { beginAt, type Claims, comeBack, runHostileProvider, signed, tokenAnswer } from '../../support/hostile-provider.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { encode } from '../../support/oauth.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { answerSaml, givenSamlPool } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

type Request = Readonly<Record<string, string>>

const refusal = {
  error: 'login_required',
  description: 'The identity provider does not say that the user has signed in there just now.',
}
const timesOfAge = [
  ['two minutes ago', -120],
  ['two minutes from now', 120],
] as const

for (const engine of engines) {
  describe(`A fresh sign-in at an identity provider, for an app, on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runHostileProvider()
    const saml = await runSamlProvider()
    const seconds = () => Math.floor(server().clock.now() / 1000)

    async function given(Manner = 'STRICT') {
      const pool = await givenFederatedPool(server(), provider)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: pool.poolId, OAuth: { Manner } })
      return pool
    }
    async function signIn(clientId: string, request: Request, more: Claims) {
      const begun = await beginAt(server(), provider, clientId, { scope: 'openid', ...request })
      await provider.answer({ '/token': tokenAnswer(await signed(provider, { ...begun.claims, ...more })) })
      const { searchParams } = begun.location
      return { asked: [searchParams.get('prompt'), searchParams.get('max_age')], location: await comeBack(begun) }
    }

    it('is asked for at an OpenID Connect provider, whose ID token has to prove it', async () => {
      const { poolId, clientId } = await given()
      const login = { prompt: 'login' }
      for (const [what, age] of timesOfAge) {
        assert.deepEqual(errorIn((await signIn(clientId, login, { auth_time: seconds() + age })).location), refusal, what)
      }
      assert.deepEqual(errorIn((await signIn(clientId, login, {})).location), refusal)
      assert.deepEqual(await usernamesIn(server(), poolId), [])
      const good = await signIn(clientId, login, { auth_time: seconds() })
      assert.deepEqual(good.asked, ['login', '0'])
      assert.match(good.location, /[?&]code=/)
      const textual = (await signIn(clientId, login, { auth_time: String(seconds()) })).location
      assert.doesNotMatch(textual, /[?&]code=/)
    })

    it('may be as old as max_age says, and the app learns its time', async () => {
      const { clientId } = await given()
      const aged = async (age: number) => signIn(clientId, { max_age: '300' }, { auth_time: seconds() - age })
      assert.deepEqual(errorIn((await aged(400)).location), refusal)
      const { asked, location } = await aged(200)
      assert.deepEqual(asked, [null, '300'])
      assert.equal((await tokensFor(server(), clientId, location)).claims['auth_time'], seconds() - 200)
      const recent = await tokensFor(server(), clientId, (await aged(20)).location)
      assert.equal(recent.claims['auth_time'], seconds())
    })

    it('is neither asked for nor verified where the app wants none, and in manner cognito', async () => {
      const strict = await given()
      const old = { auth_time: 1 }
      const plain = await signIn(strict.clientId, {}, old)
      assert.deepEqual(plain.asked, [null, null])
      assert.match(plain.location, /[?&]code=/)
      const cognito = await given('COGNITO')
      const prompted = await signIn(cognito.clientId, { prompt: 'login', max_age: '0' }, old)
      assert.deepEqual(prompted.asked, ['login', null])
      assert.match(prompted.location, /[?&]code=/)
    })

    it('is forced at a SAML provider, whose assertion has to prove it', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), saml)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
      const context = '<saml:AuthnContext><saml:AuthnContextClassRef>urn:x</saml:AuthnContextClassRef></saml:AuthnContext>'
      const signInAt = async (request: Request, instant: string) => {
        await open({ values: { AuthnStatement: `<saml:AuthnStatement ${instant}>${context}</saml:AuthnStatement>` } })
        const browser = new TestBrowser(server())
        const query = encode(appRequest(clientId, { scope: 'openid', ...request }))
        const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${query}`))
        const sent = Buffer.from(new URL(toProvider).searchParams.get('SAMLRequest') ?? '', 'base64')
        const isForced = inflateRawSync(sent).toString().includes('ForceAuthn="true"')
        return { isForced, location: await answerSaml(browser, await samlFormFor(toProvider, 'ana')) }
      }
      const instantOf = (age: number) => `AuthnInstant="${new Date(server().clock.now() + age * 1000).toISOString()}"`
      for (const [what, age] of timesOfAge) {
        const { isForced, location } = await signInAt({ prompt: 'login' }, instantOf(age))
        assert.ok(isForced)
        assert.deepEqual(errorIn(location), refusal, what)
      }
      assert.deepEqual(errorIn((await signInAt({ max_age: '30' }, 'AuthnInstant="soon"')).location), refusal)
      assert.match((await signInAt({ prompt: 'login' }, instantOf(0))).location, /[?&]code=/)
      const plain = await signInAt({}, instantOf(-9999))
      assert.equal(plain.isForced, false)
      assert.match(plain.location, /[?&]code=/)
    })
  })
}
