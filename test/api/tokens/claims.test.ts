import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpdateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { attributeList, type Values } from '../../support/self-service.ts'
import { claimsOf, givenTokens, givenUser, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { headerOf } from '../../support/tokens.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

for (const engine of engines) {
  describe(`the claims of tokens on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenClaims(options: TestPoolOptions, attributes: Values = {}, username = 'ana') {
      const ids = await server().givenPool(options)
      const user = await givenUser(server(), ids.poolId, username, { attributes: attributeList(attributes) })
      const tokens = await givenTokens(server(), ids.clientId, username)
      return { ...ids, ...user, ...tokens, access: claimsOf(tokens.accessToken), id: claimsOf(tokens.idToken) }
    }

    it('in an access token name exactly the user, pool, client, sign-in, scope and times, and no attributes', async () => {
      const before = Math.floor(server().clock.now() / 1000)
      const { poolId, clientId, sub, access } = await givenClaims({}, { email: 'ana@example.test', name: 'Ana' })
      const { auth_time: authTime, event_id: eventId, jti, origin_jti: originJti } = access
      assert.deepEqual(access, {
        sub,
        iss: `${server().url}/${poolId}`,
        client_id: clientId,
        origin_jti: originJti,
        event_id: eventId,
        token_use: 'access',
        scope: 'aws.cognito.signin.user.admin',
        auth_time: authTime,
        exp: Number(authTime) + 3600,
        iat: authTime,
        jti,
        username: 'ana',
      })
      assert.ok(Number.isInteger(authTime) && Number(authTime) >= before && Number(authTime) <= before + 60)
      for (const id of [sub, eventId, jti, originJti]) assert.match(String(id), uuid)
      assert.equal(new Set([sub, eventId, jti, originJti]).size, 4)
    })

    it('in an ID token name exactly the user, pool, client, sign-in and times, and the user’s attributes', async () => {
      const { poolId, clientId, sub, access, id } = await givenClaims({}, { email: 'ana@example.test', name: 'Ana' })
      assert.deepEqual(id, {
        name: 'Ana',
        email: 'ana@example.test',
        sub,
        iss: `${server().url}/${poolId}`,
        'cognito:username': 'ana',
        origin_jti: access['origin_jti'],
        aud: clientId,
        event_id: access['event_id'],
        token_use: 'id',
        auth_time: access['auth_time'],
        exp: Number(access['auth_time']) + 3600,
        iat: access['auth_time'],
        jti: id['jti'],
      })
      assert.match(String(id['jti']), uuid)
      assert.notEqual(id['jti'], access['jti'])
    })

    it('have the same names after a sign-in by SRP as after one by password; event_id, origin_jti and jti differ in each sign-in', async () => {
      const { poolId, clientId, access } = await givenClaims({})
      const reply = await signInBySrp(server(), { poolId, clientId }, 'ana')
      const bySrp = claimsOf(reply.AuthenticationResult?.AccessToken ?? '')
      assert.deepEqual(Object.keys(bySrp), Object.keys(access))
      for (const claim of ['event_id', 'origin_jti', 'jti']) assert.notEqual(bySrp[claim], access[claim])
    })

    it('have a header of kid and alg only, with one key for each kind of token', async () => {
      const { accessToken, idToken } = await givenClaims({})
      const [access, id] = [headerOf(accessToken), headerOf(idToken)]
      for (const header of [access, id]) {
        assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid'])
        assert.equal(header['alg'], 'RS256')
        assert.match(String(header['kid']), /^[A-Za-z0-9+/]{43}=$/)
      }
      assert.notEqual(access['kid'], id['kid'])
    })

    it('lack origin_jti, and the jti of the ID token, where the client has no token revocation', async () => {
      const { access, id } = await givenClaims({ client: { EnableTokenRevocation: false } })
      assert.equal('origin_jti' in access || 'origin_jti' in id || 'jti' in id, false)
      assert.match(String(access['jti']), uuid)
    })

    it('have attributes in the types of OpenID Connect', async () => {
      const attributes = {
        email: 'ana@example.test',
        email_verified: 'true',
        phone_number: '+34600000001',
        phone_number_verified: 'false',
        address: '1 Main Street',
        updated_at: '1780384089',
        birthdate: '1990-01-31',
        'custom:level': '7',
        'custom:member': 'true',
        'custom:since': '2026-01-01',
      }
      const Schema = [
        { Name: 'level', AttributeDataType: 'Number', Mutable: true },
        { Name: 'member', AttributeDataType: 'Boolean', Mutable: true },
        { Name: 'since', AttributeDataType: 'DateTime', Mutable: true },
        { Name: 'never', AttributeDataType: 'String', Mutable: true },
      ] as const
      const { id } = await givenClaims({ pool: { Schema: [...Schema] } }, attributes)
      const shown = Object.fromEntries(Object.keys(attributes).map((name) => [name, id[name]]))
      assert.deepEqual(shown, {
        ...attributes,
        email_verified: true,
        phone_number_verified: false,
        address: { formatted: '1 Main Street' },
        updated_at: 1780384089,
      })
      assert.equal('custom:never' in id, false)
    })

    it('include the attributes that the client may read when the tokens are issued', async () => {
      const attributes = { email: 'ana@example.test', name: 'Ana', 'custom:level': '7', 'dev:custom:score': '3' }
      const Schema = [
        { Name: 'level', AttributeDataType: 'String', Mutable: true },
        { Name: 'score', AttributeDataType: 'String', Mutable: true, DeveloperOnlyAttribute: true },
      ] as const
      const options = { pool: { Schema: [...Schema] }, client: { ReadAttributes: ['name', 'custom:level'] } }
      const { poolId, clientId, id } = await givenClaims(options, attributes)
      const attributesIn = (claims: Record<string, unknown>) =>
        Object.keys(claims).filter((name) => name in attributes || name === 'email_verified')
      assert.deepEqual(attributesIn(id).sort(), ['custom:level', 'name'])

      const flows = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] as ['ALLOW_USER_PASSWORD_AUTH'] }
      await server().send(new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId, ...flows }))
      const all = claimsOf((await givenTokens(server(), clientId, 'ana')).idToken)
      assert.deepEqual(attributesIn(all).sort(), ['custom:level', 'email', 'name'])
    })

    it('have the sub as the username where users sign up with an e-mail address', async () => {
      const { sub, access, id } = await givenClaims({ pool: { UsernameAttributes: ['email'] } }, {}, 'ana@example.test')
      assert.equal(access['username'], sub)
      assert.equal(id['cognito:username'], sub)
      assert.equal(id['email'], 'ana@example.test')
    })

    it('expire after the validity in the unit that the client names', async () => {
      const units = [
        ['seconds', 300, 301],
        ['minutes', 5, 6],
        ['hours', 2, 3],
        ['days', 1, 1],
      ] as const
      const lengths = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }
      for (const [unit, access, id] of units) {
        const client = {
          AccessTokenValidity: access,
          IdTokenValidity: id,
          TokenValidityUnits: { AccessToken: unit, IdToken: unit, RefreshToken: 'days' as const },
        }
        const given = await givenClaims({ client })
        const lifetime = (claims: Record<string, unknown>) => Number(claims['exp']) - Number(claims['iat'])
        assert.equal(lifetime(given.access), access * lengths[unit], `access token in ${unit}`)
        assert.equal(lifetime(given.id), id * lengths[unit], `ID token in ${unit}`)
        const reply = await signInByPassword(server(), given.clientId, 'ana')
        assert.equal(reply.AuthenticationResult?.ExpiresIn, access * lengths[unit])
      }
    })

    it('take the validity as hours where the client names no unit', async () => {
      const { access, id } = await givenClaims({ client: { AccessTokenValidity: 3, IdTokenValidity: 4 } })
      assert.equal(Number(access['exp']) - Number(access['iat']), 3 * 3600)
      assert.equal(Number(id['exp']) - Number(id['iat']), 4 * 3600)
    })
  })
}
