import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import fc from 'fast-check'
import { engines } from '../../../../support/engines.ts'
import { setMfa } from '../../../../support/mfa.ts'
import { importRecords, type RecordFormat, usersFile } from '../../../../support/record-imports.ts'
import { useTestServer } from '../../../../support/test-server.ts'

const head = '{"lifeguard":"users","version":1}'
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** Lines of a users file that are refused, and what the log says about them. */
const refused: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['no JSON', 'ana', /not valid JSON/],
  ['a list', '[]', /not a JSON object/],
  ['a number', '7', /not a JSON object/],
  ['an unknown member', '{"username":"a","pasword":1}', /The member "pasword" is unknown/],
  ['no username', '{}', /The member username is missing/],
  ['a username of another type', '{"username":7}', /The member username is not a text/],
  ['deep nesting', `{"username":"a","groups":${nested(100_000)}}`, /nested more than 64 levels deep/],
  ['a huge text', `{"username":"a","attributes":{"name":"${'x'.repeat(2 ** 21)}"}}`, /longer than 1000000 characters/],
  ['a long value', `{"username":"a","attributes":{"name":"${'x'.repeat(3_000)}"}}`, /length of more than 2048/],
  ['invalid UTF-8', Buffer.concat([Buffer.from('{"username":"a'), Buffer.of(0xc3, 0x28), Buffer.from('"}')]), /not valid UTF-8/],
  ['a NUL character', '{"username":"a\\u0000b"}', /NUL character/],
  ['half of a surrogate pair', '{"username":"a","attributes":{"name":"\\ud800"}}', /half of a surrogate pair/],
  ['the prototype as a member', '{"username":"a","__proto__":{"enabled":false}}', /The member "__proto__" is unknown/],
  ['the prototype as an attribute', '{"username":"a","attributes":{"__proto__":"x"}}', /no attribute __proto__/],
  ['sub as an attribute', '{"username":"a","attributes":{"sub":"x"}}', /member of its own/],
  ['a malformed hash', '{"username":"a","password":{"algorithm":"BCRYPT","hash":"x"}}', /password hash is malformed/],
  ['an inherited name as the algorithm', '{"username":"a","password":{"algorithm":"constructor","hash":"x"}}', /not known here/],
  [
    'a hash that costs too much',
    '{"username":"a","password":{"algorithm":"BCRYPT","hash":"$2b$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuabcdefghijklmnopq"}}',
    /malformed, or its cost/,
  ],
  ['a time that is none', '{"username":"a","createdAt":"yesterday"}', /not a time in ISO 8601/],
  ['a line break in the name of a member', '{"username":"a","x\\ny":1}', /is unknown/],
]

const value = fc.jsonValue({ depthSize: 'small', noUnicodeString: false })

/** A record with one or two members, at any depth, that have other values. */
function mutated(template: object): fc.Arbitrary<object> {
  const paths = pathsOf(template)
  return fc
    .array(fc.tuple(fc.constantFrom(...paths), value), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce<object>((record, [path, changed]) => withValue(record, path, changed) as object, template))
}

function pathsOf(object: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof object !== 'object' || object === null) return [path]
  return Object.entries(object).flatMap(([name, inner]) => [[...path, name], ...pathsOf(inner, [...path, name])])
}

function withValue(object: unknown, [name, ...rest]: readonly string[], changed: unknown): unknown {
  if (name === undefined) return changed
  if (Array.isArray(object)) return object.map((one, at) => (String(at) === name ? withValue(one, rest, changed) : one))
  if (typeof object !== 'object' || object === null) return object
  return { ...object, [name]: withValue((object as Record<string, unknown>)[name], rest, changed) }
}

const credential = (data: object, secret: object, type: string) => ({
  type,
  credentialData: JSON.stringify(data),
  secretData: JSON.stringify(secret),
})

const templates: Readonly<Record<RecordFormat, object>> = {
  LIFEGUARD: {
    ...{ username: 'ana', sub: '019d0000-0000-7000-8000-000000000000', status: 'CONFIRMED', enabled: true },
    ...{ createdAt: '2020-01-02T03:04:05.678Z', attributes: { email: 'a@b.test', name: 'x' }, groups: ['g'], mergedNames: ['z'] },
    ...{
      password: { algorithm: 'ARGON2ID', hash: 'x' },
      passwordHistory: [{ algorithm: 'SRP', hash: 'x' }],
      mfa: { enabled: ['SMS_MFA'] },
    },
    ...{ totp: { secret: 'JBSWY3DP' }, passkeys: [{ id: 'AA', publicKey: 'AA', counter: 0, relyingPartyId: 'x' }], mergedSubs: ['x'] },
    devices: [{ key: 'us-east-1_0', groupKey: '-a', remembered: true, verifier: { salt: 'AA==', verifier: 'AA==' } }],
    identities: [{ provider: 'Google', userId: '1', primary: true }],
  },
  AUTH0: {
    ...{ user_id: 'auth0|1', email: 'a@b.test', email_verified: true, username: 'ana', user_metadata: { a: 1 }, app_metadata: { b: [2] } },
    ...{
      identities: [{ provider: 'google-oauth2', user_id: '1', connection: 'x' }],
      mfa_factors: [{ totp: { secret: 'A' } }],
      blocked: true,
    },
    custom_password_hash: { algorithm: 'sha256', hash: { value: 'AA==', encoding: 'hex' }, salt: { value: 'x', position: 'prefix' } },
  },
  FIREBASE: {
    ...{ localId: '1', email: 'a@b.test', passwordHash: 'AA==', salt: 'AA==', phoneNumber: '+15550100', createdAt: '1577934245678' },
    ...{ customAttributes: '{"a":1}', providerUserInfo: [{ providerId: 'google.com', rawId: '1' }], mfaInfo: [{ phoneInfo: '+15550100' }] },
  },
  KEYCLOAK: {
    ...{ id: 'x', username: 'ana', email: 'a@b.test', createdTimestamp: 1577934245678, attributes: { color: ['red'] }, groups: ['/g'] },
    credentials: [
      credential({ hashIterations: 1, algorithm: 'pbkdf2-sha256' }, { value: 'AA==', salt: 'AA==' }, 'password'),
      credential({ subType: 'totp', digits: 6, period: 30, algorithm: 'HmacSHA1' }, { value: 'A' }, 'otp'),
      credential({ credentialId: 'AA==', credentialPublicKey: 'AA', counter: 0 }, {}, 'webauthn'),
    ],
    ...{ realmRoles: ['r'], requiredActions: ['UPDATE_PASSWORD'], federatedIdentities: [{ identityProvider: 'Google', userId: '1' }] },
  },
  FUSIONAUTH: {
    ...{ id: 'x', username: 'ana', email: 'a@b.test', encryptionScheme: 'salted-sha256', factor: 1, salt: 'AA==', password: 'AA==' },
    ...{
      insertInstant: 1577934245678,
      data: { a: 1 },
      memberships: [{ groupId: 'g' }],
      registrations: [{ roles: ['r'] }],
      identities: [{}],
    },
    twoFactor: { methods: [{ method: 'authenticator', secret: 'AA==', authenticator: { algorithm: 'HmacSHA1' } }] },
  },
  KRATOS: {
    ...{ id: 'x', state: 'active', traits: { email: 'a@b.test', name: { first: 'A' }, x: 1 }, metadata_public: { a: 1 } },
    credentials: {
      password: { config: { hashed_password: '$argon2id$v=19' } },
      totp: { config: { totp_url: 'otpauth://totp/x?secret=A' } },
      webauthn: { config: { user_handle: 'AA==', credentials: [{ id: 'AA==', public_key: 'AA==' }] } },
      oidc: { config: { providers: [{ provider: 'x', subject: '1' }] } },
    },
    verifiable_addresses: [{ value: 'a@b.test', verified: true }],
  },
}

const documents: readonly RecordFormat[] = ['FIREBASE', 'KEYCLOAK', 'FUSIONAUTH']

for (const engine of engines) {
  describe(`Hostile records on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are refused one by one, each with its reason; a good record after them is imported', async () => {
      const { poolId } = await server().givenPool()
      const lines = refused.flatMap(([, line]) => [Buffer.from('\n'), Buffer.from(line)])
      const file = Buffer.concat([Buffer.from(head), ...lines, Buffer.from('\n{"username":"good"}\n')])
      const job = await importRecords(server(), poolId, 'LIFEGUARD', file)
      assert.deepEqual([job.Status, job.FailedUsers, job.ImportedUsers], ['Succeeded', refused.length, 1], job.log.join('\n'))
      for (const [at, [what, , reason]] of refused.entries()) {
        assert.match(job.log[at] ?? '', new RegExp(`^\\[FAILED\\] Line Number ${at + 2} - .*${reason.source}`), what)
      }
    })

    it('are refused one by one in a JSON document, too', async () => {
      const { poolId } = await server().givenPool()
      const bad = Buffer.concat([Buffer.from('{"localId":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')])
      const list = [
        '7',
        '{"localId":1}',
        `{"localId":"1","x":${nested(2_000)}}`,
        `{"localId":"${'x'.repeat(2 ** 20)}"}`,
        '{"localId":"good"}',
      ]
      const file = Buffer.concat([Buffer.from('{"users":['), bad, Buffer.from(`,${list.join()}]}`)])
      const job = await importRecords(server(), poolId, 'FIREBASE', file)
      const reasons = [/not valid UTF-8/, /not a JSON object/, /localId is not a text/, /nested more than/, /longer than/, /succeeded/]
      for (const [at, reason] of reasons.entries()) assert.match(job.log[at] ?? '', reason)
    })

    for (const [format, template] of Object.entries(templates) as [RecordFormat, object][]) {
      it(`of ${format} with values of any type are imported or refused, and never end the job`, async () => {
        const { poolId } = await server().givenPool()
        await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
        const records = fc.sample(mutated(template), 250)
        const text = documents.includes(format)
          ? JSON.stringify({ users: records })
          : format === 'LIFEGUARD'
            ? usersFile(records)
            : records.map((record) => JSON.stringify(record)).join('\n')
        const job = await importRecords(server(), poolId, format, text, { IgnoreUnknown: true, RolesAsGroups: true })
        assert.equal(job.Status, 'Succeeded')
        const counted = (job.ImportedUsers ?? 0) + (job.SkippedUsers ?? 0) + (job.FailedUsers ?? 0)
        assert.ok(counted >= records.length - 5, `${counted} of ${records.length}`)
        assert.ok((await server().send(new ListUsersCommand({ UserPoolId: poolId }))).Users)
      })
    }
  })
}
