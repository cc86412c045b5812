import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { appRequest, readUser, signInByProvider, tokensFor, usernamesIn } from '../../support/federation.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenSocialPool, type SocialName, signInByApple } from '../../support/social-providers.ts'
import { useTestServer } from '../../support/test-server.ts'

const ana = { sub: '1234567', email: 'ana@mail.test', email_verified: true, name: 'Ana Ray', given_name: 'Ana', family_name: 'Ray' }

const requestFor = (clientId: string, name: SocialName) => appRequest(clientId, { identity_provider: name })

for (const engine of engines) {
  describe(`Sign-in by social providers on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()

    const signIn = (clientId: string, name: SocialName) => signInByProvider(server(), requestFor(clientId, name), ana.sub)

    async function identityOf(poolId: string, username: string) {
      const { status, attributes } = await readUser(server(), poolId, username)
      const [{ dateCreated: _date, ...identity }] = JSON.parse(attributes['identities'] ?? '[{}]')
      return { status, attributes, identity }
    }

    it('Google: the ID token gives the attributes, and the user keeps the same sub', async () => {
      const mapping = { email: 'email', email_verified: 'email_verified', name: 'name' }
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'Google', { accounts: [ana], mapping })
      const first = await tokensFor(server(), clientId, await signIn(clientId, 'Google'))
      assert.equal(first.claims['cognito:username'], 'Google_1234567')
      assert.deepEqual(first.claims['cognito:groups'], [`${poolId}_Google`])
      const { status, attributes, identity } = await identityOf(poolId, 'Google_1234567')
      assert.equal(status, 'EXTERNAL_PROVIDER')
      assert.deepEqual([attributes['email'], attributes['email_verified'], attributes['name']], ['ana@mail.test', 'true', 'Ana Ray'])
      const expected = { userId: ana.sub, providerName: 'Google', providerType: 'Google', issuer: provider.issuer, primary: true }
      assert.deepEqual(identity, expected)
      await provider.setAccounts({ ...ana, name: 'Ana Lee' })
      const again = await tokensFor(server(), clientId, await signIn(clientId, 'Google'))
      assert.equal(again.claims['sub'], first.claims['sub'])
      assert.equal(again.claims['name'], 'Ana Lee')
      assert.deepEqual(await usernamesIn(server(), poolId), ['Google_1234567'])
    })

    it('Google: the People API gives what the ID token lacks', async () => {
      const mapping = {
        ...{ email: 'email', gender: 'genders', birthdate: 'birthdays', picture: 'photos', address: 'addresses' },
        ...{ phone_number: 'phoneNumbers', nickname: 'names' },
      }
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'Google', { accounts: [ana], mapping })
      await tokensFor(server(), clientId, await signIn(clientId, 'Google'))
      const { attributes } = await identityOf(poolId, 'Google_1234567')
      const { sub: _sub, identities: _identities, email_verified: _email, phone_number_verified: _phone, ...rest } = attributes
      assert.deepEqual(rest, {
        email: 'ana@mail.test',
        gender: 'female',
        birthdate: '1990-01-31',
        picture: 'https://photos.test/ana.png',
        address: '1 High Street\nLondon',
        phone_number: '+447700900123',
        nickname: 'Ana Ray',
      })
    })

    it('Facebook: the fields of the mapping are asked for, and the id names the user', async () => {
      const mapping = { email: 'email', given_name: 'given_name' }
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'Facebook', { accounts: [ana], mapping })
      const first = await tokensFor(server(), clientId, await signIn(clientId, 'Facebook'))
      assert.equal(first.claims['cognito:username'], 'Facebook_1234567')
      const { attributes, identity } = await identityOf(poolId, 'Facebook_1234567')
      assert.deepEqual([attributes['email'], attributes['given_name'], attributes['name']], ['ana@mail.test', 'Ana', undefined])
      assert.deepEqual(identity, { userId: ana.sub, providerName: 'Facebook', providerType: 'Facebook', primary: true })
      const again = await tokensFor(server(), clientId, await signIn(clientId, 'Facebook'))
      assert.equal(again.claims['sub'], first.claims['sub'])
    })

    it('Amazon: the profile gives user_id and postal code', async () => {
      const mapping = { email: 'email', name: 'name', zoneinfo: 'postal_code' }
      const accounts = [{ ...ana, sub: 'amzn1.account.K2LI', postal_code: '98052' }]
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'LoginWithAmazon', { accounts, mapping })
      const sign = async () =>
        tokensFor(server(), clientId, await signInByProvider(server(), requestFor(clientId, 'LoginWithAmazon'), 'amzn1.account.K2LI'))
      const first = await sign()
      assert.equal(first.claims['cognito:username'], 'LoginWithAmazon_amzn1.account.K2LI')
      const { attributes, identity } = await identityOf(poolId, 'LoginWithAmazon_amzn1.account.K2LI')
      assert.deepEqual([attributes['email'], attributes['name'], attributes['zoneinfo']], ['ana@mail.test', 'Ana Ray', '98052'])
      assert.equal(identity.userId, 'amzn1.account.K2LI')
      assert.equal((await sign()).claims['sub'], first.claims['sub'])
    })

    it('Apple: the answer is a form, the secret is signed by the team, and the name that comes once is kept', async () => {
      const mapping = { email: 'email', email_verified: 'email_verified', name: 'name', given_name: 'firstName', family_name: 'lastName' }
      const accounts = [{ ...ana, sub: `000123.${engine.name}.0456` }]
      const [{ sub }] = accounts as [(typeof accounts)[0]]
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'SignInWithApple', { accounts, mapping })
      const { toApple, form, location } = await signInByApple(server(), clientId, { login: sub })
      assert.equal(new URL(toApple).searchParams.get('response_mode'), 'form_post')
      assert.deepEqual(JSON.parse(form['user'] ?? '{}').name, { firstName: 'Ana', lastName: 'Ray' })
      const first = await tokensFor(server(), clientId, location)
      assert.equal(first.claims['cognito:username'], `SignInWithApple_${sub}`)
      const again = await signInByApple(server(), clientId, { login: sub })
      assert.equal(again.form['user'], undefined)
      const { claims } = await tokensFor(server(), clientId, again.location)
      assert.equal(claims['sub'], first.claims['sub'])
      const { attributes, identity } = await identityOf(poolId, `SignInWithApple_${sub}`)
      const names = [attributes['name'], attributes['given_name'], attributes['family_name']]
      assert.deepEqual(names, ['Ana Ray', 'Ana', 'Ray'])
      assert.deepEqual([attributes['email'], attributes['email_verified']], ['ana@mail.test', 'true'])
      assert.equal(identity.issuer, provider.issuer)
    })

    it('writes the whole name in lower case where the pool ignores case', async () => {
      const pool = { UsernameConfiguration: { CaseSensitive: false } }
      const accounts = [{ ...ana, sub: 'Mixed-Case' }]
      const { poolId, clientId } = await givenSocialPool(server(), provider, 'Google', { accounts, pool })
      await signInByProvider(server(), requestFor(clientId, 'Google'), 'Mixed-Case')
      assert.deepEqual(await usernamesIn(server(), poolId), ['google_mixed-case'])
    })
  })
}
