import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableProviderForUserCommand,
  AdminLinkProviderForUserCommand,
  UpdateIdentityProviderCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenFederatedPool, givenProvider, offerProvider, readUser, tokensFor } from '../../support/federation.ts'
import {
  beginAt,
  type Claims,
  comeBack,
  json,
  runHostileProvider,
  signed,
  signInWithForged,
  tokenAnswer,
} from '../../support/hostile-provider.ts'
import { givenSamlPool, mailClaim, signInBySaml } from '../../support/saml-pool.ts'
import { runSamlProvider } from '../../support/saml-provider.ts'
import { givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const limit = {
  name: 'LimitExceededException',
  message: 'There can be at most 5 attributes by which identities of a provider are linked.',
}

for (const engine of engines) {
  describe(`Links by a claim or SAML attribute that is not mapped on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runHostileProvider()
    const saml = await runSamlProvider()

    async function given(more: Parameters<typeof givenFederatedPool>[2] = {}) {
      const ids = await givenFederatedPool(server(), provider, more)
      const { sub } = await givenUser(server(), ids.poolId, 'local')
      return { ...ids, sub }
    }
    const signIn = async (clientId: string, claims: Claims = {}, userInfo: Claims = {}) => {
      const answers = { '/userinfo': json({ sub: 'ana', ...('sub' in claims && { sub: claims['sub'] }), ...userInfo }) }
      const forged = { claims: (good: Claims) => ({ ...good, ...claims }), answers }
      return (await tokensFor(server(), clientId, await signInWithForged(server(), provider, clientId, forged))).claims
    }
    const source = (attribute: string, value: string, ProviderName = 'Corp') => ({
      ProviderName,
      ProviderAttributeName: attribute,
      ProviderAttributeValue: value,
    })
    const link = (UserPoolId: string, SourceUser: object, username = 'local') =>
      server().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId,
          DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
          SourceUser,
        }),
      )
    const unlink = (UserPoolId: string, User: object) => server().send(new AdminDisableProviderForUserCommand({ UserPoolId, User }))

    it('sign in the user with the value, whether the ID token or the user info has the claim', async () => {
      for (const claimsOf of [(claims: Claims) => [claims, {}] as const, (claims: Claims) => [{}, claims] as const]) {
        const { poolId, clientId, sub } = await given()
        await link(poolId, source('https://corp.test/claims/personnel number', '4711'))
        assert.equal((await signIn(clientId, ...claimsOf({ 'https://corp.test/claims/personnel number': 4711 }))).sub, sub)
        // From then on the subject counts, and the value may go to another person.
        assert.equal((await signIn(clientId)).sub, sub)
        const eve = await signIn(clientId, { sub: 'eve', 'https://corp.test/claims/personnel number': 4711 })
        assert.equal(eve['cognito:username'], 'Corp_eve')
        const [identity] = JSON.parse((await readUser(server(), poolId, 'local')).attributes['identities'] ?? '[]')
        assert.deepEqual([identity.userId, identity.attributeName, identity.primary], ['ana', undefined, false])
      }
    })

    it('sign in the user with the value of an attribute of the SAML assertion', async () => {
      const name = 'urn:oid:2.16.840.1.113730.3.1.3'
      const accounts = { ana: { nameId: 'Ana-1', attributes: { [mailClaim]: 'ana@corp.test', [name]: 'E-17' } } }
      const { poolId, clientId } = await givenSamlPool(server(), saml, { setUp: { accounts } })
      const { sub } = await givenUser(server(), poolId, 'local')
      await link(poolId, source(name, 'E-17'))
      assert.equal((await tokensFor(server(), clientId, await signInBySaml(server(), clientId))).claims.sub, sub)
    })

    it('sign in one of several people who come at once with the same value', async () => {
      const people = ['ana', 'bo', 'cy', 'di', 'eve', 'flo']
      for (let round = 0; round < 3; round++) {
        const { poolId, clientId, sub } = await given()
        await link(poolId, source('badge', 'A1'))
        const begun = await Promise.all(people.map(() => beginAt(server(), provider, clientId)))
        const answers = begun.map(async ({ claims }, at) => {
          const person = people[at] ?? ''
          const idToken = await signed(provider, { ...claims, sub: person, badge: 'A1' })
          const tokens = tokenAnswer(idToken, { access_token: person })
          return { [`/token ${person}`]: tokens, [`/userinfo Bearer ${person}`]: json({ sub: person }) }
        })
        await provider.answer(Object.assign({}, ...(await Promise.all(answers))))
        const ends = await Promise.all(begun.map((one, at) => comeBack(one, { code: people[at] })))
        const codes = ends.filter((end) => new URL(end).searchParams.has('code'))
        const subs = await Promise.all(codes.map(async (end) => (await tokensFor(server(), clientId, end)).claims.sub))
        assert.equal(subs.filter((one) => one === sub).length, 1)
        assert.equal(new Set(subs).size, subs.length, 'no two people are one user')
      }
    })

    it('compare name and value exactly', async () => {
      const { poolId, clientId } = await given()
      await link(poolId, source('badge', 'A1'))
      const strangers: readonly Claims[] = [
        { badge: 'a1' },
        { badge: ' A1' },
        { badge: ['A1'] },
        { badge: { A1: 'A1' } },
        { badge: '' },
        { badge: null },
        { Badge: 'A1' },
        { number: 'A1' },
        { 'corp.badge': 'A1', nested: { badge: 'A1' } },
      ]
      for (const [at, claims] of strangers.entries()) {
        const username = (await signIn(clientId, { sub: `eve-${at}`, ...claims }))['cognito:username']
        assert.equal(username, `Corp_eve-${at}`, JSON.stringify(claims))
      }
      assert.equal((await signIn(clientId, { badge: 'A1' }))['cognito:username'], 'local')
    })

    it('take names that every object has for names of claims only', async () => {
      const { poolId, clientId } = await given()
      for (const name of ['__proto__', 'constructor', 'toString']) await link(poolId, source(name, String(Object)))
      assert.equal((await signIn(clientId, { sub: 'eve' }))['cognito:username'], 'Corp_eve')
      assert.equal((await signIn(clientId, { constructor: String(Object) }))['cognito:username'], 'local')
    })

    it('end by the same name and value, and by the subject after a sign-in', async () => {
      const { poolId, clientId } = await given()
      await link(poolId, source('badge', 'A1'))
      await assert.rejects(unlink(poolId, source('badge', 'A2')), { name: 'UserNotFoundException' })
      await unlink(poolId, source('badge', 'A1'))
      assert.equal((await signIn(clientId, { badge: 'A1' }))['cognito:username'], 'Corp_ana')
      await link(poolId, source('badge', 'B1'))
      assert.equal((await signIn(clientId, { sub: 'bo', badge: 'B1' }))['cognito:username'], 'local')
      await unlink(poolId, source('Cognito_Subject', 'bo'))
      assert.equal((await signIn(clientId, { sub: 'bo', badge: 'B1' }))['cognito:username'], 'Corp_bo')
    })

    it('mean the mapped claim where the name is that of a mapped attribute', async () => {
      const { poolId, clientId } = await given({ more: { AttributeMapping: { nickname: 'department' } } })
      await link(poolId, source('nickname', 'Sales'))
      assert.equal((await signIn(clientId, { sub: 'eve', nickname: 'Sales' }))['cognito:username'], 'Corp_eve')
      assert.equal((await signIn(clientId, { department: 'Sales' }))['cognito:username'], 'local')
      await link(poolId, source('department', 'IT'))
      assert.equal((await signIn(clientId, { sub: 'bo', department: 'IT' }))['cognito:username'], 'local')
    })

    it('can be unlinked after the attribute is no longer mapped', async () => {
      const { poolId } = await given({ more: { AttributeMapping: { nickname: 'department' } } })
      await link(poolId, source('nickname', 'Sales'))
      await server().send(
        new UpdateIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp', AttributeMapping: { email: 'email' } }),
      )
      await unlink(poolId, source('nickname', 'Sales'))
      assert.equal((await readUser(server(), poolId, 'local')).attributes['identities'], undefined)
    })

    it('are by five different names at most, for each provider', async () => {
      const { poolId, clientId } = await given()
      await givenProvider(server(), provider, poolId, { ProviderName: 'Other' })
      await offerProvider(server(), { poolId, clientId, name: 'Other' })
      await givenUser(server(), poolId, 'second')
      for (const name of ['email', 'b', 'c', 'd']) await link(poolId, source(name, '1'))
      await link(poolId, source('Cognito_Subject', 'someone'))
      const outcomes = await Promise.allSettled(['e', 'f'].map((name) => link(poolId, source(name, '1'), 'second')))
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      await assert.rejects(link(poolId, source('g', '1'), 'second'), limit)
      await link(poolId, source('d', '2'), 'second')
      await link(poolId, source('Cognito_Subject', 'other'), 'second')
      await link(poolId, source('g', '1', 'Other'), 'second')
      assert.equal((await signIn(clientId, { sub: 'bo', d: 2 }))['cognito:username'], 'second')
      // A link that was refused has left nothing behind: the user has one for each link that succeeded.
      const identities = JSON.parse((await readUser(server(), poolId, 'second')).attributes['identities'] ?? '[]')
      assert.deepEqual(identities.map(({ providerName }: { providerName: string }) => providerName).sort(), [
        'Corp',
        'Corp',
        'Corp',
        'Other',
      ])
    })

    it('are refused for names that are too long, and at social providers', async () => {
      const { poolId } = await given()
      await assert.rejects(link(poolId, source('n'.repeat(513), '1')), { name: 'InvalidParameterException' })
      await link(poolId, source('n'.repeat(512), '1'))
      const details = { client_id: 'id', client_secret: 'secret', authorize_scopes: 'openid email' }
      await givenProvider(server(), provider, poolId, {
        ProviderName: 'Google',
        ProviderType: 'Google',
        AttributeMapping: { email: 'email' },
        ProviderDetails: details,
      })
      await assert.rejects(link(poolId, source('email', 'x', 'Google')), {
        name: 'InvalidParameterException',
        message: 'Invalid ProviderAttributeName for Google: it must be Cognito_Subject.',
      })
    })
  })
}
