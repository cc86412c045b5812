import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { AdminListGroupsForUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../../../support/administration.ts'
import { engines } from '../../../../support/engines.ts'
import { appOf, respond, setMfa, startTimeStep } from '../../../../support/mfa.ts'
import {
  argon2idOf,
  bcryptOf,
  firebaseHash,
  firebaseOf,
  importRecords,
  pbkdf2Of,
  phpassOf,
  saltedDigestOf,
} from '../../../../support/record-imports.ts'
import { claimsOf, signInByPassword, signInBySrp } from '../../../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../../../support/test-server.ts'

const password = 'Old-password-1'
const totpSecret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const poolInput = {
  pool: {
    AutoVerifiedAttributes: ['email' as const],
    Schema: ['color', 'plan', 'old_id'].map((Name) => ({ Name, AttributeDataType: 'String' as const, Mutable: true })),
  },
}

type Ids = { poolId: string; clientId: string }

/** The old password signs in as it is, and after that by SRP, too. */
async function requireOldPassword(server: TestServer, ids: Ids, username: string): Promise<Record<string, unknown>> {
  await assert.rejects(signInBySrp(server, ids, username, password), wrong)
  await assert.rejects(signInByPassword(server, ids.clientId, username, `${password}!`), wrong)
  const { AuthenticationResult } = await signInByPassword(server, ids.clientId, username, password)
  assert.ok((await signInBySrp(server, ids, username, password)).AuthenticationResult, 'SRP works after the upgrade')
  await assert.rejects(signInByPassword(server, ids.clientId, username, `${password}!`), wrong)
  return claimsOf(AuthenticationResult?.IdToken ?? '')
}

async function requireTotp(server: TestServer, { clientId }: Ids, username: string): Promise<void> {
  startTimeStep(server)
  const { ChallengeName, Session } = await signInByPassword(server, clientId, username, password)
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const responses = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: appOf(server, totpSecret).code() }
  assert.ok((await respond(server, clientId, 'SOFTWARE_TOKEN_MFA', Session, responses)).AuthenticationResult)
}

async function groupsOf(server: TestServer, poolId: string, username: string) {
  const { Groups = [] } = await server.send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: username }))
  return Groups.map(({ GroupName }) => GroupName)
}

async function attributesOf(server: TestServer, poolId: string, username: string): Promise<Record<string, string>> {
  const { attributes } = await adminGet(server, poolId, username)
  return attributes as Record<string, string>
}

for (const engine of engines) {
  describe(`Users of other systems on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('come from the lines of Auth0, with bcrypt, metadata and an authenticator app', async () => {
      const ids = await server().givenPool(poolInput)
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      const ana = {
        user_id: 'auth0|60425dc43519d90068f82973',
        ...{ email: 'ana@example.test', email_verified: true, given_name: 'Ana', nickname: 'ana' },
        ...{ created_at: '2020-01-02T03:04:05.678Z', updated_at: '2021-01-02T03:04:05.678Z', blocked: false },
        user_metadata: { color: 'red' },
        app_metadata: { plan: { name: 'gold' } },
        identities: [{ provider: 'auth0', user_id: '60425dc43519d90068f82973', connection: 'Users', isSocial: false }],
        passwordHash: await bcryptOf(password),
      }
      const ben = {
        user_id: 'auth0|2',
        ...{ email: 'ben@example.test', email_verified: true, blocked: true },
        mfa_factors: [{ totp: { secret: totpSecret } }],
        password_hash: await bcryptOf(password),
      }
      const job = await importRecords(server(), ids.poolId, 'AUTH0', `${JSON.stringify(ana)}\n${JSON.stringify(ben)}\n`, {
        IdAttribute: 'custom:old_id',
      })
      assert.deepEqual([job.Status, job.ImportedUsers, job.FailedUsers], ['Succeeded', 2, 0], job.log.join('\n'))
      const { sub, ...attributes } = await attributesOf(server(), ids.poolId, 'ana@example.test')
      assert.match(sub ?? '', /^[0-9a-f-]{36}$/)
      assert.deepEqual(attributes, {
        ...{ email: 'ana@example.test', email_verified: 'true', given_name: 'Ana', nickname: 'ana' },
        ...{ 'custom:color': 'red', 'custom:plan': '{"name":"gold"}', 'custom:old_id': 'auth0|60425dc43519d90068f82973' },
      })
      const user = await adminGet(server(), ids.poolId, 'ana@example.test')
      assert.deepEqual(user.UserCreateDate, new Date('2020-01-02T03:04:05.678Z'))
      assert.deepEqual(user.UserLastModifiedDate, new Date('2021-01-02T03:04:05.678Z'))
      await requireOldPassword(server(), ids, 'ana@example.test')
      assert.equal((await adminGet(server(), ids.poolId, 'ben@example.test')).Enabled, false)
      assert.deepEqual((await adminGet(server(), ids.poolId, 'ben@example.test')).UserMFASettingList, ['SOFTWARE_TOKEN_MFA'])
      assert.deepEqual(await server().inbox('ana@example.test'), [])
    })

    it('come from the list of a bulk import of Auth0, with hashes of other algorithms', async () => {
      const ids = await server().givenPool(poolInput)
      const { salt, key } = await pbkdf2Of(password, 'sha512', 1000, 64)
      const digest = await saltedDigestOf(password, 'sha256', 1)
      const hashes = [
        { algorithm: 'argon2', hash: { value: await argon2idOf(password), encoding: 'utf8' } },
        { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-sha512$i=1000,l=64$${salt}$${key}`, encoding: 'utf8' } },
        {
          algorithm: 'sha256',
          hash: { value: digest.key, encoding: 'base64' },
          salt: { value: digest.salt, encoding: 'base64', position: 'suffix' },
        },
      ]
      const users = hashes.map((custom_password_hash, at) => ({
        username: `user-${at}`,
        email: `${at}@example.test`,
        custom_password_hash,
      }))
      const job = await importRecords(server(), ids.poolId, 'AUTH0', JSON.stringify(users, null, 2))
      assert.deepEqual([job.ImportedUsers, job.FailedUsers], [3, 0], job.log.join('\n'))
      assert.deepEqual(
        job.log,
        [1, 2, 3].map((at) => `[SUCCEEDED] Record Number ${at} - The import succeeded.`),
      )
      for (const at of [0, 1, 2]) await requireOldPassword(server(), ids, `user-${at}`)
    })

    it('come from Firebase, with its scrypt', async () => {
      const ids = await server().givenPool(poolInput)
      const user = {
        localId: 'abcdefghijklmnopqrstuvwxyz12',
        ...{ email: 'ana@example.test', emailVerified: true, displayName: 'Ana', phoneNumber: '+1 555-010-0000', disabled: false },
        ...{ createdAt: '1577934245678', lastSignedInAt: '1600000000000', customAttributes: '{"plan":"gold"}' },
        ...(await firebaseOf(password)),
        providerUserInfo: [{ providerId: 'google.com', rawId: '123' }],
      }
      const file = JSON.stringify({ users: [user] })
      const job = await importRecords(server(), ids.poolId, 'FIREBASE', file, { FirebaseHash: firebaseHash })
      assert.equal(job.ImportedUsers, 1, job.log.join('\n'))
      const left = 'Left out: 1 ids that cannot be a sub; 1 identities of providers that the pool does not have.'
      assert.deepEqual(job.log, [`[SUCCEEDED] Record Number 1 - The import succeeded. ${left}`])
      assert.equal(job.CompletionMessage, left)
      const { sub, ...attributes } = await attributesOf(server(), ids.poolId, 'ana@example.test')
      assert.deepEqual(attributes, {
        ...{ email: 'ana@example.test', email_verified: 'true', name: 'Ana' },
        ...{ phone_number: '+15550100000', phone_number_verified: 'true', 'custom:plan': 'gold' },
      })
      await requireOldPassword(server(), ids, 'ana@example.test')
      const without = await importRecords(server(), ids.poolId, 'FIREBASE', file)
      assert.match(without.log.join(), /FAILED.*does not have the project's hash parameters/)
    })

    it('come from Keycloak, with their ids, groups, roles and authenticator apps', async () => {
      const ids = await server().givenPool(poolInput)
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      const { salt, key } = await pbkdf2Of(password, 'sha512', 1000, 64)
      const argon2 = (await argon2idOf(password)).split('$')
      const id = randomUUID()
      const ana = {
        id,
        ...{ username: 'ana', email: 'ana@example.test', emailVerified: true, firstName: 'Ana', lastName: 'B', enabled: true },
        createdTimestamp: 1577934245678,
        attributes: { color: ['red'], locale: ['en'] },
        credentials: [
          {
            type: 'password',
            secretData: JSON.stringify({ value: key, salt, additionalParameters: {} }),
            credentialData: JSON.stringify({ hashIterations: 1000, algorithm: 'pbkdf2-sha512', additionalParameters: {} }),
          },
        ],
        ...{ groups: ['/staff', '/with space'], realmRoles: ['default-roles-test', 'admin'], requiredActions: [] },
      }
      const ben = {
        id: randomUUID(),
        ...{ username: 'ben', email: 'ben@example.test', emailVerified: true, enabled: true },
        credentials: [
          {
            type: 'password',
            secretData: JSON.stringify({ value: argon2[5], salt: argon2[4], additionalParameters: {} }),
            credentialData: JSON.stringify({
              ...{ hashIterations: 2, algorithm: 'argon2' },
              additionalParameters: { hashLength: ['32'], memory: ['512'], type: ['id'], version: ['1.3'], parallelism: ['1'] },
            }),
          },
          {
            ...{ type: 'otp', userLabel: 'phone' },
            secretData: JSON.stringify({ value: totpSecret }),
            credentialData: JSON.stringify({
              ...{ subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1', secretEncoding: 'BASE32' },
            }),
          },
        ],
      }
      const realm = { realm: 'test', enabled: true, clients: [{ clientId: 'x', users: [1] }], users: [ana, ben] }
      const job = await importRecords(server(), ids.poolId, 'KEYCLOAK', JSON.stringify(realm, null, 2), { RolesAsGroups: true })
      assert.deepEqual([job.ImportedUsers, job.FailedUsers], [2, 0], job.log.join('\n'))
      assert.deepEqual(await groupsOf(server(), ids.poolId, 'ana'), ['admin', 'staff'])
      const claims = await requireOldPassword(server(), ids, 'ana')
      assert.deepEqual([claims['sub'], claims['cognito:groups']], [id, ['admin', 'staff']])
      await requireTotp(server(), ids, 'ben')
    })

    it('come from FusionAuth, with each of its schemes', async () => {
      const ids = await server().givenPool(poolInput)
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      const bcrypt = (await bcryptOf(password)).split('$')[3] ?? ''
      const [pbkdf2, md5, sha256, phpMd5, phpSha512] = [
        await pbkdf2Of(password, 'sha256', 1000, 32),
        await saltedDigestOf(password, 'md5', 3),
        await saltedDigestOf(password, 'sha256', 3),
        await phpassOf(password, 'md5', 2048),
        await phpassOf(password, 'sha512', 1000),
      ]
      const passwords = [
        { encryptionScheme: 'salted-pbkdf2-hmac-sha256', factor: 1000, salt: pbkdf2.salt, password: pbkdf2.key },
        { encryptionScheme: 'bcrypt', factor: 5, salt: bcrypt.slice(0, 22), password: bcrypt.slice(22) },
        { encryptionScheme: 'salted-md5', factor: 3, salt: md5.salt, password: md5.key },
        { encryptionScheme: 'salted-sha256', factor: 3, salt: sha256.salt, password: sha256.key },
        { encryptionScheme: 'phpass-md5', factor: 2048, salt: phpMd5.salt, password: phpMd5.key },
        { encryptionScheme: 'phpass-sha512', factor: 1000, salt: phpSha512.salt, password: phpSha512.key },
      ]
      const subs = passwords.map(() => randomUUID())
      const users = passwords.map((one, at) => ({
        id: subs[at],
        ...{ username: `user-${at}`, email: `${at}@example.test`, verified: true, active: true, firstName: 'Ana' },
        ...{ insertInstant: 1577934245678, data: { color: 'red' }, registrations: [{ applicationId: randomUUID(), roles: ['editor'] }] },
        ...one,
      }))
      const app = { method: 'authenticator', secret: Buffer.from('Hello!\u0000', 'latin1').toString('base64') }
      const withApp = { ...users[0], id: randomUUID(), username: 'app', email: 'app@example.test', twoFactor: { methods: [app] } }
      const plugin = { ...users[0], id: randomUUID(), username: 'plugin', email: 'plugin@example.test', encryptionScheme: 'example-scheme' }
      const file = { users: [...users, withApp, plugin] }
      const job = await importRecords(server(), ids.poolId, 'FUSIONAUTH', JSON.stringify(file))
      assert.deepEqual([job.ImportedUsers, job.FailedUsers], [7, 1], job.log.join('\n'))
      assert.match(job.log.join('\n'), /The algorithm of the password hash is not known here\./)
      for (const at of passwords.keys()) {
        assert.equal((await requireOldPassword(server(), ids, `user-${at}`))['sub'], subs[at])
      }
      assert.deepEqual((await adminGet(server(), ids.poolId, 'app')).UserMFASettingList, ['SOFTWARE_TOKEN_MFA'])
    })

    it('come from Kratos, with traits, verified addresses and authenticator apps', async () => {
      const ids = await server().givenPool(poolInput)
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      const id = randomUUID()
      const identity = {
        ...{ id, schema_id: 'default', state: 'active', created_at: '2020-01-02T03:04:05.678901Z' },
        traits: { email: 'ana@example.test', name: { first: 'Ana', last: 'B' }, color: 'red' },
        credentials: {
          password: { type: 'password', identifiers: ['ana@example.test'], config: { hashed_password: await argon2idOf(password) } },
          totp: {
            type: 'totp',
            config: { totp_url: `otpauth://totp/x:ana?algorithm=SHA1&digits=6&period=30&issuer=x&secret=${totpSecret}` },
          },
        },
        verifiable_addresses: [{ value: 'ana@example.test', verified: true, via: 'email', status: 'completed' }],
        metadata_public: { plan: 'gold' },
      }
      const job = await importRecords(server(), ids.poolId, 'KRATOS', JSON.stringify([identity]))
      assert.equal(job.ImportedUsers, 1, job.log.join('\n'))
      assert.deepEqual(await attributesOf(server(), ids.poolId, id), {
        ...{ sub: id, email: 'ana@example.test', email_verified: 'true', given_name: 'Ana', family_name: 'B' },
        ...{ 'custom:color': 'red', 'custom:plan': 'gold' },
      })
      await requireTotp(server(), ids, 'ana@example.test')
    })

    it('are mapped as the job says; a value without an attribute refuses its record, or is left out', async () => {
      const { poolId } = await server().givenPool(poolInput)
      const user = { username: 'ana', email: 'ana@example.test', user_metadata: { colour: 'red', shoe: 42 }, app_metadata: { note: 'x' } }
      const file = JSON.stringify([user])
      const refused = await importRecords(server(), poolId, 'AUTH0', file)
      assert.match(refused.log.join(), /FAILED\] Record Number 1 - The pool has no attribute custom:colour for user_metadata.colour\./)
      const AttributeMap = { 'user_metadata.colour': 'custom:color', 'user_metadata.shoe': 'custom:plan', 'app_metadata.note': '' }
      const mapped = await importRecords(server(), poolId, 'AUTH0', file, { AttributeMap })
      assert.equal(mapped.ImportedUsers, 1, mapped.log.join())
      const attributes = await attributesOf(server(), poolId, 'ana')
      assert.deepEqual([attributes['custom:color'], attributes['custom:plan']], ['red', '42'])
      const other = JSON.stringify([{ ...user, username: 'ben' }])
      const ignored = await importRecords(server(), poolId, 'AUTH0', other, { IgnoreUnknown: true })
      assert.equal(ignored.CompletionMessage, 'Left out: 3 values without an attribute in the pool.')
      const unknown = importRecords(server(), poolId, 'AUTH0', file, { AttributeMap: { 'a.b': 'custom:none' } })
      await assert.rejects(unknown, { name: 'InvalidParameterException', message: 'The user pool has no attribute custom:none.' })
      assert.equal((await server().send(new ListUsersCommand({ UserPoolId: poolId }))).Users?.length, 2)
    })
  })
}
