import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { appRequest, readUser, signInByProvider, usernamesIn } from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { errorIn, runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenSocialPool, newAppleTeam, type SocialName, signInByApple } from '../../support/social-providers.ts'
import type { Fault } from '../../support/social-stand-ins.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const ana = { sub: 'a1', email: 'ana@mail.test', email_verified: true, name: 'Ana Ray', given_name: 'Ana', family_name: 'Ray' }

type Row = { readonly what: string; readonly name: SocialName; readonly path: string; readonly fault: Fault; readonly text: string }

const expired = { error: { message: 'This authorization code has been used.', type: 'OAuthException', code: 100 } }

/** The texts are those of Cognito where they are known. */
const rows: readonly Row[] = [
  {
    what: "an error in Facebook's form",
    name: 'Facebook',
    path: '/token',
    fault: { status: 400, body: expired },
    text: 'Facebook Error - 400 error getting token',
  },
  {
    what: 'a profile that fails',
    name: 'Facebook',
    path: '/me',
    fault: { status: 500, body: '<h1>Oops</h1>' },
    text: 'Facebook Error - 500 error getting user info',
  },
  {
    what: 'a profile that is refused',
    name: 'LoginWithAmazon',
    path: '/user/profile',
    fault: { status: 400, body: { error: 'invalid_token', error_description: 'The token is for another client.' } },
    text: 'LoginWithAmazon Error - 400 error getting user info',
  },
  {
    what: 'a profile that is no JSON',
    name: 'LoginWithAmazon',
    path: '/user/profile',
    fault: { status: 200, body: 'Welcome' },
    text: 'LoginWithAmazon Error - 200 error getting user info',
  },
  {
    what: 'a person whom the People API does not give',
    name: 'Google',
    path: '/v1/people/me',
    fault: { status: 403, body: { error: { code: 403, status: 'PERMISSION_DENIED' } } },
    text: 'Google Error - 403 error getting user info',
  },
  {
    what: 'a profile without id',
    name: 'Facebook',
    path: '/me',
    fault: { status: 200, body: { email: 'ana@mail.test' } },
    text: 'Facebook Error - the answer has no id',
  },
  {
    what: 'a profile without user_id',
    name: 'LoginWithAmazon',
    path: '/user/profile',
    fault: { status: 200, body: { user_id: '', email: 'ana@mail.test' } },
    text: 'LoginWithAmazon Error - the answer has no user_id',
  },
  { what: 'a profile that never comes', name: 'Facebook', path: '/me', fault: 'hang', text: 'Read timed out' },
  {
    what: 'tokens that never come',
    name: 'LoginWithAmazon',
    path: '/token',
    fault: 'hang',
    text: 'Timeout occurred in calling IdP token endpoint',
  },
]

for (const engine of engines) {
  describe(`Failures of social providers on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()

    for (const { what, name, path, fault, text } of rows) {
      it(`${what}: the app gets the error, and no user is created`, async () => {
        const mapping = { email: 'email', ...(name === 'Google' && { gender: 'genders' }) }
        const { poolId, clientId } = await givenSocialPool(server(), provider, name, {
          accounts: [ana],
          mapping,
          faults: { [path]: fault },
        })
        const location = await signInByProvider(server(), appRequest(clientId, { identity_provider: name }), ana.sub)
        assert.deepEqual(errorIn(location), { error: 'invalid_request', description: text })
        assert.deepEqual(await usernamesIn(server(), poolId), [])
      })
    }

    it('a wrong client secret: the app gets the error of the provider', async () => {
      const details = { client_secret: 'another secret' }
      const { clientId } = await givenSocialPool(server(), provider, 'Google', { accounts: [ana], details })
      const location = await signInByProvider(server(), appRequest(clientId, { identity_provider: 'Google' }), ana.sub)
      assert.deepEqual(errorIn(location), {
        error: 'invalid_request',
        description: 'Google Error - 401 invalid_client client authentication failed',
      })
    })

    it('a private key of another team: Apple refuses the secret', async () => {
      const details = { private_key: newAppleTeam().privateKeyPem }
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'SignInWithApple', { accounts: [ana], details })
      const { location } = await signInByApple(server(), clientId, { login: ana.sub })
      assert.equal(errorIn(location).description, 'SignInWithApple Error - 401 invalid_client client authentication failed')
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('a private key that cannot sign: the app gets server_error', async () => {
      const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' })
      for (const private_key of ['no key', rsa.toString()]) {
        const { clientId } = await givenSocialPool(server(), provider, 'SignInWithApple', { accounts: [ana], details: { private_key } })
        const request = encode(appRequest(clientId, { identity_provider: 'SignInWithApple' }))
        const location = locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${request}`))
        const description = 'The private key of the identity provider cannot be used.'
        assert.deepEqual(errorIn(location), { error: 'server_error', description })
      }
    })

    it('the private key may be pasted without its first and last line', async () => {
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'SignInWithApple', {
        accounts: [ana],
        changeKey: (pem) => pem.replaceAll(/-----[A-Z ]+-----/g, '').trim(),
      })
      await signInByApple(server(), clientId, { login: ana.sub })
      assert.deepEqual(await usernamesIn(server(), poolId), ['SignInWithApple_a1'])
    })

    it('a user who cancels at Apple: the app gets access_denied', async () => {
      const { clientId } = await givenSocialPool(server(), provider, 'SignInWithApple', { accounts: [ana] })
      const forge = ({ state = '' }: Record<string, string>) => ({ state, error: 'user_cancelled_authorize' })
      const { location } = await signInByApple(server(), clientId, { login: ana.sub, forge })
      assert.equal(errorIn(location).error, 'access_denied')
    })

    it('of what stands beside the code, only a name counts: the form is not signed', async () => {
      const mapping = { email: 'email', email_verified: 'email_verified', name: 'name', given_name: 'firstName' }
      const forged = [
        {
          user: JSON.stringify({ sub: 'victim', email: 'victim@mail.test', email_verified: 'true', name: { firstName: 'Eve' } }),
          name: 'Eve',
        },
        { user: JSON.stringify({ name: { firstName: { toString: 'x' }, lastName: ['y'] } }), name: undefined },
        { user: '{"name":', name: undefined },
        { user: 'null', name: undefined },
      ]
      for (const [at, { user, name }] of forged.entries()) {
        const accounts = [{ ...ana, sub: `f${at}`, email_verified: false }]
        const { poolId, clientId } = await givenSocialPool(server(), provider, 'SignInWithApple', { accounts, mapping })
        const forge = (form: Record<string, string>) => ({ ...form, user, sub: 'victim', id_token: 'x' })
        await signInByApple(server(), clientId, { login: `f${at}`, forge })
        const { attributes } = await readUser(server(), poolId, `SignInWithApple_f${at}`)
        assert.deepEqual([attributes['email'], attributes['email_verified']], ['ana@mail.test', 'false'])
        assert.deepEqual([attributes['name'], attributes['given_name']], [name, name])
      }
    })
  })
}
