import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminUpdateUserAttributesCommand, type CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { CompactSign } from 'jose'
import { engines } from '../../support/engines.ts'
import { givenFederatedPool, givenProvider, readUser, tokensFor, usernamesIn } from '../../support/federation.ts'
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
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { givenUser } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

/** JSON that no `JSON.stringify` could write. */
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const texts = (...names: readonly string[]): CreateUserPoolCommandInput['Schema'] =>
  names.map((Name) => ({ Name, AttributeDataType: 'String', Mutable: true }))

for (const engine of engines) {
  describe(`Claims of a hostile OpenID provider on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runHostileProvider()

    const given = (options: Parameters<typeof givenFederatedPool>[2] = {}) => givenFederatedPool(server(), provider, options)
    /** Signs in with these claims beside the good ones, or in place of them. The user info has the same subject. */
    const signIn = (clientId: string, claims: Claims = {}, userInfo: Claims = {}) => {
      const answers = { '/userinfo': json({ sub: 'ana', ...('sub' in claims && { sub: claims['sub'] }), ...userInfo }) }
      return signInWithForged(server(), provider, clientId, { claims: (good) => ({ ...good, ...claims }), answers })
    }

    it('reads no value from names that every object has', async () => {
      const mapping = {
        email: 'email',
        'custom:a': '__proto__',
        'custom:b': 'constructor',
        'custom:c': 'toString',
        'custom:d': 'hasOwnProperty',
      }
      const pool = { Schema: texts('a', 'b', 'c', 'd') }
      const { poolId, clientId } = await given({ pool, more: { AttributeMapping: mapping } })
      assert.match(await signIn(clientId, { email: 'ana@corp.test' }), /\?code=/)
      const { attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.deepEqual(Object.keys(attributes).sort(), ['email', 'email_verified', 'identities', 'sub'])
      const claims = JSON.parse('{"__proto__":"p","constructor":"c","toString":{"a":1},"email":"ana@corp.test"}') as Claims
      const userInfo = JSON.parse('{"__proto__":{"sub":"eve"},"hasOwnProperty":"h"}') as Claims
      assert.match(await signIn(clientId, claims, userInfo), /\?code=/)
      const after = await readUser(server(), poolId, 'Corp_ana')
      assert.equal(after.attributes['custom:b'], 'c')
      assert.equal(after.attributes['custom:c'], '{"a":1}')
      assert.equal(after.attributes['custom:d'], 'h')
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
    })

    it('takes no flag of the user info for the address in the ID token', async () => {
      const { poolId, clientId } = await given({ more: { AttributeMapping: { email: 'email', email_verified: 'email_verified' } } })
      const userInfo = { email: 'eve@corp.test', email_verified: true }
      assert.match(await signIn(clientId, { email: 'ana@corp.test' }, userInfo), /\?code=/)
      const { attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.deepEqual([attributes['email'], attributes['email_verified']], ['ana@corp.test', 'false'])
    })

    it('knows no two providers whose users could have the same name', async () => {
      for (const ProviderName of ['Corp_x', 'Corp_', '_Corp', 'corp']) {
        const { poolId } = await given({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
        await assert.rejects(givenProvider(server(), provider, poolId, { ProviderName }), (error: Error) =>
          ['InvalidParameterException', 'DuplicateProviderException'].includes(error.name),
        )
      }
    })

    it('refuses a second identity whose username is taken, in pools that ignore case as well', async () => {
      for (const [pool, first, second] of [
        [{ UsernameConfiguration: { CaseSensitive: false } }, 'Ana', 'ana'],
        [{ UsernameConfiguration: { CaseSensitive: true } }, 'ana', undefined],
      ] as const) {
        const { poolId, clientId } = await given({ pool })
        assert.match(await signIn(clientId, { sub: first }), /\?code=/)
        const users = await usernamesIn(server(), poolId)
        if (second === undefined) {
          assert.match(await signIn(clientId, { sub: 'ANA' }), /\?code=/, 'another user where case counts')
          assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ANA', 'Corp_ana'])
          continue
        }
        assert.deepEqual(users, ['corp_ana'])
        const { description } = errorIn(await signIn(clientId, { sub: second }))
        assert.equal(description, 'Already found an entry for username Corp_ana')
        assert.deepEqual(await usernamesIn(server(), poolId), users)
      }
    })

    it('refuses subjects that make no username, and creates nobody', async () => {
      const { poolId, clientId } = await given()
      for (const sub of ['a'.repeat(124), 'a'.repeat(100_000), 'ana smith', 'ana\n', 'ana\u0000', '\u0000', ' ', 'ana\u202eb', '\ud800']) {
        const location = await signIn(clientId, { sub })
        const { error, description } = errorIn(location)
        assert.equal(error, 'invalid_request', `${JSON.stringify(sub).slice(0, 80)}: ${location}`)
        assert.match(description ?? '', /^1 validation error detected: Value '[\s\S]{1,200}' at 'userName' failed to satisfy constraint: /)
        assert.ok(location.length < 2000)
      }
      assert.match(await signIn(clientId, { sub: 'a'.repeat(123) }), /\?code=/, '128 characters with the name of the provider')
      assert.match(await signIn(clientId, { sub: '<script>"\'%2F../' }), /\?code=/)
      assert.equal((await usernamesIn(server(), poolId)).length, 2)
    })

    it('refuses values that are too long, cannot be stored or are nested without end', { timeout: 60_000 }, async () => {
      const { poolId, clientId } = await given()
      for (const name of [
        'n'.repeat(2049),
        'n'.repeat(200_000),
        'a\u0000b',
        '\udfff',
        Array(3000).fill('n'),
        { n: Array(3000).fill('n') },
      ]) {
        const location = await signIn(clientId, { name })
        assert.equal(errorIn(location).error, 'invalid_request', location.slice(0, 300))
        assert.ok(location.length < 2000)
      }
      for (const depth of [10, 5000, 200_000]) {
        const body = `{"sub":"ana","name":${nested(depth)}}`
        const idToken = (claims: Claims) => {
          const payload = `${JSON.stringify(claims).slice(0, -1)},"name":${nested(depth)}}`
          return new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(provider.key)
        }
        for (const forged of [{ answers: { '/userinfo': { body } } }, { idToken }]) {
          const started = performance.now()
          assert.equal(errorIn(await signInWithForged(server(), provider, clientId, forged)).error, 'invalid_request')
          assert.ok(performance.now() - started < 10_000)
        }
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('takes thousands of claims and groups that nobody asked for, and writes the values of lists encoded', async () => {
      const mapping = { email: 'email', 'custom:groups': 'groups' }
      const { poolId, clientId } = await given({ pool: { Schema: texts('groups') }, more: { AttributeMapping: mapping } })
      const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`claim-${at}`, `value-${at}`]))
      const groups = ['admin', 'a,b', '[x]', 'R&D é', 1, true]
      const { claims } = await tokensFor(server(), clientId, await signIn(clientId, {}, { ...many, groups, 'cognito:groups': ['admin'] }))
      const { attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.equal(attributes['custom:groups'], '[admin,a%2Cb,%5Bx%5D,R%26D+%C3%A9,1,true]')
      assert.deepEqual(claims['cognito:groups'], [`${poolId}_Corp`])
    })

    it('shows a function the tokens and all claims, and masks the tokens in its record', async () => {
      const triggers = endpoint.given({ InboundFederation: agree })
      const { poolId, clientId } = await given({ pool: { LambdaConfig: triggers.lambdaConfig } })
      const groups = Array.from({ length: 20_000 }, (_, at) => `gruppe é ${at}`)
      for (const userInfo of [{ sub: 'ana' }, { sub: 'ana', groups }]) {
        const begun = await beginAt(server(), provider, clientId)
        const tokens = tokenAnswer(await signed(provider, begun.claims), { refresh_token: 'a refresh token of the provider' })
        await provider.answer({ '/token': tokens, '/userinfo': json(userInfo) })
        assert.match(await comeBack(begun), /\?code=/)
      }
      const [first, second] = triggers.events.map(({ request }) => request.attributes)
      assert.equal(first.tokenResponse.refresh_token, 'a refresh token of the provider')
      assert.match(first.tokenResponse.id_token, /^eyJ/)
      assert.match(second.userInfo.groups, /^\[gruppe\+%C3%A9\+0,/)
      const records = JSON.stringify(await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId: poolId }))
      assert.match(records, /InboundFederation_ExternalProvider/)
      for (const secret of ['a refresh token', 'an access token', 'eyJ']) assert.ok(!records.includes(secret), secret)
      assert.ok(records.length < 50_000, 'a record does not grow with the claims')
    })

    it('keeps what belongs to the pool out of the reach of claims', async () => {
      const { poolId, clientId } = await given()
      const claims = { 'cognito:username': 'root', 'cognito:groups': ['admin'], identities: '[]', username: 'root', email_verified: true }
      const tokens = await tokensFor(server(), clientId, await signIn(clientId, { ...claims, email: 'ana@corp.test' }))
      assert.equal(tokens.claims['cognito:username'], 'Corp_ana')
      const { attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.equal(attributes['email_verified'], 'false')
      assert.equal(JSON.parse(attributes['identities'] ?? '[]')[0].userId, 'ana')
      for (const attribute of ['sub', 'identities', 'cognito:groups', 'cognito:user_status', 'custom:other', '__proto__', 'dev:custom:x']) {
        const more = { AttributeMapping: Object.fromEntries([[attribute, 'claim']]) }
        await assert.rejects(given({ more }), { name: 'InvalidParameterException' }, attribute)
      }
    })

    it('leaves out attributes that the app client may not write', async () => {
      const { poolId, clientId } = await given({ client: { WriteAttributes: ['email'] } })
      assert.match(await signIn(clientId, { name: 'Ana', email: 'ana@corp.test' }), /\?code=/)
      const { attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.deepEqual([attributes['name'], attributes['email']], [undefined, 'ana@corp.test'])
    })

    it('verifies no address by a claim about another one', async () => {
      const mapping = { email: 'email', email_verified: 'email_verified', phone_number: 'phone', phone_number_verified: 'phone_verified' }
      const { poolId, clientId } = await given({ more: { AttributeMapping: mapping } })
      const claims = { email: 'ana@corp.test', email_verified: true, phone: '+15550100', phone_verified: true }
      await signIn(clientId, claims)
      assert.equal((await readUser(server(), poolId, 'Corp_ana')).attributes['email_verified'], 'true')
      const UserAttributes = [
        { Name: 'email', Value: 'boss@corp.test' },
        { Name: 'phone_number', Value: '+15550199' },
      ]
      await server().send(new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: 'Corp_ana', UserAttributes }))
      assert.match(await signIn(clientId, { email_verified: true, phone_verified: 'true' }), /\?code=/)
      const { attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.deepEqual([attributes['email'], attributes['email_verified']], ['boss@corp.test', 'false'])
      assert.deepEqual([attributes['phone_number'], attributes['phone_number_verified']], ['+15550199', 'false'])
    })

    it('links no user by an address that the claim only seems to verify', async () => {
      const { poolId, clientId } = await given()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation: { LinkingPolicy: 'VERIFIED_EMAIL' } })
      await givenUser(server(), poolId, 'boss', {
        attributes: [
          { Name: 'email', Value: 'boss@corp.test' },
          { Name: 'email_verified', Value: 'true' },
        ],
      })
      const seeming: readonly unknown[] = [false, 'false', 'no', 1, ['true'], [true], { true: true }, 'true ', null]
      for (const [at, email_verified] of seeming.entries()) {
        const sub = `eve-${at}`
        const location = await signIn(clientId, { sub, email: 'boss@corp.test', email_verified })
        const { claims } = await tokensFor(server(), clientId, location)
        assert.equal(claims['cognito:username'], `Corp_${sub}`, JSON.stringify(email_verified))
      }
    })
  })
}
