import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminAddUserToGroupCommand, CreateGroupCommand, GetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { attributeList } from '../../support/self-service.ts'
import { claimsOf, givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { agree, givenPoolWith, refuse, refusedBy, unrecognizable } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { exchange } from '../../support/tokens.ts'
import { type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

type Version = 'V1_0' | 'V2_0' | 'V3_0'
type Claims = Record<string, unknown>

const selfService = 'aws.cognito.signin.user.admin'
const roles = ['arn:aws:iam::123456789012:role/one', 'arn:aws:iam::123456789012:role/two']
const first =
  (claimsOverrideDetails: unknown): Handler =>
  (event) => ({ ...event, response: { claimsOverrideDetails } })
const later =
  (claimsAndScopeOverrideDetails: unknown): Handler =>
  (event) => ({ ...event, response: { claimsAndScopeOverrideDetails } })
const inId = (claimsToAddOrOverride: unknown, claimsToSuppress?: unknown) =>
  later({ idTokenGeneration: { claimsToAddOrOverride, claimsToSuppress } })
const inAccess = (more: Claims) => later({ accessTokenGeneration: more })

for (const engine of engines) {
  describe(`PreTokenGeneration on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(version: Version, handler: Handler) {
      const triggers = endpoint.given({ PreTokenGeneration: handler }, { version })
      const ids = await givenPoolWith(server(), triggers, { pool: { UserPoolTier: 'ESSENTIALS' } })
      const attributes = attributeList({ email: 'ana@example.test', email_verified: 'true', given_name: 'Ana' })
      return { ...ids, ...(await givenUser(server(), ids.poolId, 'ana', { attributes })), triggers }
    }

    async function giveGroup(poolId: string) {
      const group = { UserPoolId: poolId, GroupName: 'staff' }
      await server().send(new CreateGroupCommand({ ...group, RoleArn: roles[0] }))
      await server().send(new AdminAddUserToGroupCommand({ ...group, Username: 'ana' }))
    }

    async function tokensBy(version: Version, handler: Handler) {
      const at = await given(version, handler)
      const tokens = await givenTokens(server(), at.clientId, 'ana')
      return { ...at, ...tokens, id: claimsOf(tokens.idToken), access: claimsOf(tokens.accessToken) }
    }

    it('gets the event of its version', async () => {
      for (const [version, number] of [
        ['V1_0', '1'],
        ['V2_0', '2'],
        ['V3_0', '3'],
      ] as const) {
        const { poolId, clientId, sub, triggers } = await given(version, agree)
        await giveGroup(poolId)
        await givenTokens(server(), clientId, 'ana')
        const event = triggers.events[0]
        assert.equal(event?.version, number)
        const userAttributes = {
          sub,
          'cognito:user_status': 'CONFIRMED',
          email: 'ana@example.test',
          email_verified: 'true',
          given_name: 'Ana',
        }
        const groupConfiguration = { groupsToOverride: ['staff'], iamRolesToOverride: [roles[0]], preferredRole: roles[0] }
        const scopes = version === 'V1_0' ? {} : { scopes: [selfService] }
        assert.deepEqual(event.request, { userAttributes, groupConfiguration, ...scopes })
        const member = version === 'V1_0' ? 'claimsOverrideDetails' : 'claimsAndScopeOverrideDetails'
        assert.deepEqual(event.response, { [member]: null })
      }
    })

    it('changes only the ID token in the first version; adds claims first and suppresses claims afterwards', async () => {
      const { id, access } = await tokensBy(
        'V1_0',
        first({ claimsToAddOrOverride: { tenant: 'a', given_name: 'Eva', both: 'x' }, claimsToSuppress: ['email', 'both'] }),
      )
      assert.equal(id['tenant'], 'a')
      assert.equal(id['given_name'], 'Eva')
      for (const name of ['email', 'both']) assert.equal(name in id, false)
      assert.equal('tenant' in access, false)
    })

    it('adds claims of any type to both tokens in the second version', async () => {
      const claims = { text: 'a', number: 7, yes: true, list: [1, 'two'], nested: { deep: { er: null } } }
      const { id, access } = await tokensBy(
        'V2_0',
        later({ idTokenGeneration: { claimsToAddOrOverride: claims }, accessTokenGeneration: { claimsToAddOrOverride: claims } }),
      )
      for (const token of [id, access]) assert.deepEqual(Object.fromEntries(Object.keys(claims).map((name) => [name, token[name]])), claims)
    })

    it('keeps the types of the standard claims that are not text', async () => {
      for (const version of ['V1_0', 'V2_0'] as const) {
        const add = { email_verified: 'false', updated_at: '1700000000', address: 'Main St 1' }
        const { id } = await tokensBy(version, version === 'V1_0' ? first({ claimsToAddOrOverride: add }) : inId(add))
        assert.equal(id['email_verified'], false)
        assert.equal(id['updated_at'], 1_700_000_000)
        assert.deepEqual(id['address'], { formatted: 'Main St 1' })
      }
    })

    it('cannot change reserved claims of a token, such as subject, issuer and lifetime', async () => {
      const names = [
        ...['sub', 'iss', 'exp', 'iat', 'auth_time', 'token_use', 'jti', 'origin_jti', 'event_id', 'client_id', 'username', 'identities'],
        ...['cognito:username', 'cognito:groups', 'cognito:roles', 'cognito:other', 'acr', 'amr', 'azp', 'nbf', 'nonce', 'at_hash'],
        ...['device_key', 'version', 'aud', 'dev:custom:x'],
      ]
      const evil = { claimsToAddOrOverride: Object.fromEntries(names.map((name) => [name, 'evil'])), claimsToSuppress: names }
      const plain = await tokensBy('V2_0', agree)
      const changed = await tokensBy(
        'V2_0',
        later({ idTokenGeneration: evil, accessTokenGeneration: { ...evil, claimsToSuppress: [...names, 'scope'] } }),
      )
      assert.deepEqual(Object.keys(changed.id).sort(), Object.keys(plain.id).sort())
      assert.deepEqual(Object.keys(changed.access).sort(), Object.keys(plain.access).sort())
      assert.equal(JSON.stringify([changed.id, changed.access]).includes('evil'), false)
      await server().send(new GetUserCommand({ AccessToken: changed.accessToken }))
    })

    it('can set the audience of an access token to its app client only', async () => {
      const at = await given('V2_0', (event) => inAccess({ claimsToAddOrOverride: { aud: event.callerContext.clientId } })(event))
      assert.equal(claimsOf((await givenTokens(server(), at.clientId, 'ana')).accessToken)['aud'], at.clientId)
      const { access } = await tokensBy('V2_0', inAccess({ claimsToAddOrOverride: { aud: 'somebody' } }))
      assert.equal('aud' in access, false)
    })

    it('adds scopes in order and removes others, even the self-service scope', async () => {
      const more = await tokensBy('V2_0', inAccess({ scopesToAdd: ['b', 'a', 'b', 'gone'], scopesToSuppress: ['gone', 'other'] }))
      assert.equal(more.access['scope'], `${selfService} b a`)
      const none = await tokensBy('V2_0', inAccess({ scopesToSuppress: [selfService] }))
      assert.equal(none.access['scope'], '')
      const use = server().send(new GetUserCommand({ AccessToken: none.accessToken }))
      await assert.rejects(use, { name: 'NotAuthorizedException', message: 'Access Token does not have required scopes' })
    })

    const groupTable: { what: string; details: (wrap: Claims) => Claims; groups: unknown; roles?: unknown; preferred?: unknown }[] = [
      {
        what: 'kept when the response does not mention them',
        details: () => ({}),
        groups: ['staff'],
        roles: [roles[0]],
        preferred: roles[0],
      },
      { what: 'removed by an empty object', details: () => ({ groupOverrideDetails: {} }), groups: undefined },
      { what: 'removed by null', details: () => ({ groupOverrideDetails: null }), groups: undefined },
      {
        what: 'replaced in both tokens',
        details: () => ({ groupOverrideDetails: { groupsToOverride: ['x', 'y'], iamRolesToOverride: roles, preferredRole: roles[1] } }),
        groups: ['x', 'y'],
        roles,
        preferred: roles[1],
      },
      { what: 'removed with their roles when suppressed', details: (suppress) => suppress, groups: undefined },
    ]
    for (const { what, details, groups, ...expected } of groupTable) {
      it(`handles the user’s groups: ${what}`, async () => {
        const suppress = { claimsToSuppress: ['cognito:groups'] }
        const byVersion = {
          V1_0: first(details(suppress)),
          V2_0: later(details({ idTokenGeneration: suppress, accessTokenGeneration: suppress })),
        }
        for (const version of ['V1_0', 'V2_0'] as const) {
          const { poolId, clientId } = await given(version, byVersion[version])
          await giveGroup(poolId)
          const tokens = await givenTokens(server(), clientId, 'ana')
          const id = claimsOf(tokens.idToken)
          assert.deepEqual(
            [id['cognito:groups'], id['cognito:roles'], id['cognito:preferred_role']],
            [groups, expected.roles, expected.preferred],
          )
          // The first version can only suppress claims of the ID token.
          const left = version === 'V1_0' && what.includes('suppressed') ? ['staff'] : groups
          assert.deepEqual(claimsOf(tokens.accessToken)['cognito:groups'], left)
        }
      })
    }

    const wrong: { what: string; version: Version; handler: Handler }[] = [
      { what: 'a claim that is a number in the first version', version: 'V1_0', handler: first({ claimsToAddOrOverride: { a: 1 } }) },
      { what: 'a claim that is an array in the first version', version: 'V1_0', handler: first({ claimsToAddOrOverride: { a: ['b'] } }) },
      { what: 'a claim that is null in the first version', version: 'V1_0', handler: first({ claimsToAddOrOverride: { a: null } }) },
      { what: 'a claim that is null in the second version', version: 'V2_0', handler: inId({ a: null }) },
      { what: 'a suppressed claim that is not a name', version: 'V2_0', handler: inId({}, [7]) },
      { what: 'an array in place of the object with all changes', version: 'V2_0', handler: later([]) },
      { what: 'a scope with a space', version: 'V2_0', handler: inAccess({ scopesToAdd: ['a b'] }) },
      { what: 'several preferred roles', version: 'V1_0', handler: first({ groupOverrideDetails: { preferredRole: roles } }) },
      { what: 'groups that are one text', version: 'V2_0', handler: later({ groupOverrideDetails: { groupsToOverride: 'staff' } }) },
      {
        what: 'too many changes',
        version: 'V2_0',
        handler: inId(
          { a: 'b' },
          Array.from({ length: 5000 }, (_none, index) => `c${index}`),
        ),
      },
      { what: 'text in place of the event', version: 'V1_0', handler: () => 'fine' },
    ]
    for (const { what, version, handler } of wrong) {
      it(`fails the sign-in when its response has ${what}`, async () => {
        const { clientId } = await given(version, handler)
        await assert.rejects(signInByPassword(server(), clientId, 'ana'), unrecognizable)
      })
    }

    it('may return the highest number of changes, or null in place of the changes', async () => {
      const { id } = await tokensBy(
        'V2_0',
        inId(
          { a: 'b' },
          Array.from({ length: 4999 }, (_none, index) => `c${index}`),
        ),
      )
      assert.equal(id['a'], 'b')
      await tokensBy('V1_0', first(null))
    })

    it('may add claims whose names are special in JavaScript', async () => {
      const { id } = await tokensBy('V2_0', (event) => ({
        ...event,
        response: JSON.parse(
          '{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"__proto__":{"sub":"evil"},"constructor":"x"}}}}',
        ),
      }))
      assert.notEqual(id['sub'], 'evil')
      assert.equal(id['constructor'], 'x')
    })

    it('changes the tokens of each refresh, and leaves the refresh token valid when it rejects a refresh', async () => {
      let tenant: string | undefined = 'a'
      const at = await given('V1_0', (event) => (tenant === undefined ? refuse() : first({ claimsToAddOrOverride: { tenant } })(event)))
      const { refreshToken } = await givenTokens(server(), at.clientId, 'ana')
      tenant = undefined
      const request = { ClientId: at.clientId, RefreshToken: refreshToken }
      await assert.rejects(exchange(server(), request), refusedBy('PreTokenGeneration'))
      tenant = 'b'
      assert.equal(claimsOf((await exchange(server(), request)).idToken)['tenant'], 'b')
    })
  })
}
