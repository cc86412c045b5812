import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { argon2Verify, bcryptVerify, createSHA256, pbkdf2, scrypt } from 'hash-wasm'
import { engines } from '../../support/engines.ts'
import { type Exported, exportable, exportUsers } from '../../support/export-users.ts'
import { type FullPool, givenFullPool, hardValues, importedPassword } from '../../support/full-pool.ts'
import { problemsOf } from '../../support/json-schema.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

type Auth0User = Readonly<Record<string, unknown>> & {
  readonly user_id: string
  readonly email: string
  readonly username?: string
  readonly custom_password_hash?: {
    readonly algorithm: string
    readonly hash: { readonly value: string; readonly encoding: string }
    readonly salt?: { readonly value: string }
    readonly keylen?: number
    readonly cost?: number
    readonly blockSize?: number
    readonly parallelization?: number
  }
}

const text = { type: 'string' }
const encoded = { type: 'object', required: ['value'], properties: { value: text, encoding: { enum: ['base64', 'hex', 'utf8'] } } }
const factor = (member: string, pattern: string) => ({
  type: 'object',
  additionalProperties: false,
  required: [member],
  properties: { [member]: { type: 'string', pattern } },
})

/** The users that Auth0's import takes, by its documentation. */
const schema = {
  type: 'object',
  required: ['email'],
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(
      ['email', 'user_id', 'username', 'given_name', 'family_name', 'name', 'nickname', 'picture'].map((name) => [name, text]),
    ),
    email_verified: { type: 'boolean' },
    blocked: { type: 'boolean' },
    app_metadata: { type: 'object' },
    user_metadata: { type: 'object' },
    custom_password_hash: {
      type: 'object',
      required: ['algorithm', 'hash'],
      additionalProperties: false,
      properties: {
        algorithm: { enum: ['argon2', 'bcrypt', 'pbkdf2', 'scrypt'] },
        hash: encoded,
        salt: encoded,
        ...Object.fromEntries(['keylen', 'cost', 'blockSize', 'parallelization'].map((name) => [name, { type: 'integer' }])),
      },
    },
    mfa_factors: {
      type: 'array',
      minItems: 1,
      maxItems: 10,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          totp: factor('secret', '^[A-Z2-7]+$'),
          phone: factor('value', '^\\+[0-9]{1,15}$'),
          email: factor('value', '@'),
        },
      },
    },
  },
}

for (const engine of engines) {
  describe(`lifeguard export users --format auth0 on ${engine.name}`, () => {
    const server = useTestServer(engine, exportable)
    let pool: FullPool
    let exported: Exported
    let users: readonly Auth0User[]
    before(async () => {
      pool = await givenFullPool(server())
      exported = await exportUsers(server(), pool.poolId, ['--format', 'auth0'])
      users = JSON.parse(exported.files.get('out-1.txt') ?? '')
    })
    const userOf = (name: string): Auth0User => users.find(({ email }) => email === `${name}@example.test`) ?? assert.fail(name)
    const passwordOf = (name: string) => userOf(name).custom_password_hash ?? assert.fail(`${name} has no password`)

    it('writes users that the documented schema accepts', () => {
      assert.deepEqual([...exported.files.keys()], ['out-1.txt'])
      assert.equal(users.length, 10)
      for (const user of users) assert.deepEqual(problemsOf(schema, user), [], JSON.stringify(user))
    })

    it('writes what a user may not change into app_metadata, and the rest into members and user_metadata', () => {
      const { custom_password_hash: _password, mfa_factors, app_metadata, ...rich } = userOf('rich')
      const { name, given_name, family_name, nickname, 'custom:note': note, ...others } = hardValues
      const members = { email: 'rich@example.test', email_verified: true, username: 'rich', name, given_name, family_name, nickname }
      assert.deepEqual(rich, { user_id: rich.user_id, ...members, user_metadata: others })
      const { merged_subs, ...metadata } = app_metadata as { merged_subs: string[] }
      assert.deepEqual([metadata, merged_subs.length], [{ 'custom:note': note, groups: ['a/b', 'admins'] }, 1])
      assert.deepEqual(mfa_factors, [{ totp: { secret: pool.totpSecret } }, { phone: { value: '+15550100' } }])
      assert.equal(userOf('disabled')['blocked'], true)
    })

    it('carries hashes of four algorithms that another library verifies', async () => {
      const password = importedPassword
      assert.ok(await argon2Verify({ password: goodPassword, hash: passwordOf('rich').hash.value }))
      assert.ok(await argon2Verify({ password, hash: passwordOf('argon').hash.value }))
      assert.ok(await bcryptVerify({ password, hash: passwordOf('bcrypt').hash.value }))
      const [, id, parameters, salt = '', key = ''] = passwordOf('pbkdf2').hash.value.split('$')
      assert.deepEqual([id, parameters], ['pbkdf2-sha256', 'i=1000,l=32'])
      const bytes = Buffer.from(salt, 'base64')
      const derived = await pbkdf2({
        password,
        salt: bytes,
        iterations: 1000,
        hashLength: 32,
        hashFunction: createSHA256(),
        outputType: 'binary',
      })
      assert.equal(Buffer.from(derived).toString('base64').replace(/=+$/, ''), key)
      const { hash, salt: scryptSalt, keylen = 0, cost = 0, blockSize = 0, parallelization: parallelism = 0 } = passwordOf('scrypt')
      const input = { password, salt: Buffer.from(scryptSalt?.value ?? '', 'base64'), costFactor: cost, blockSize, parallelism }
      const again = await scrypt({ ...input, hashLength: keylen, outputType: 'binary' })
      assert.equal(Buffer.from(again).toString('base64'), hash.value)
    })

    it('reports what stays behind', () => {
      for (const name of ['srp', 'temporary', 'reset']) assert.equal(userOf(name).custom_password_hash, undefined)
      assert.deepEqual(exported.leftOut, {
        ...{ 'user-of-provider': 1, 'user-without-email': 1 },
        ...{ 'password-srp': 1, 'password-temporary': 1, 'password-reset': 1, 'password-history': 4 },
        ...{ status: 1, passkeys: 1, devices: 1, identities: 1, merged: 1 },
      })
    })

    it('writes several files of at most 500,000 bytes, each of them an array', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: [{ Name: 'note', AttributeDataType: 'String', Mutable: true }] } })
      const names = ['name', 'profile', 'website', 'address', 'locale', 'zoneinfo', 'middle_name', 'custom:note', 'gender', 'picture']
      const large = names.map((Name) => ({ Name, Value: '漢'.repeat(2048) }))
      const created = Array.from({ length: 12 }, (_, at) => `user-${at}`)
      for (const name of created)
        await givenUser(server(), poolId, name, { attributes: [...large, { Name: 'email', Value: `${name}@example.test` }] })
      const { files, report } = await exportUsers(server(), poolId, ['--format', 'auth0'])
      assert.deepEqual([...files.keys()], ['out-1.txt', 'out-2.txt'])
      for (const content of files.values()) assert.ok(Buffer.byteLength(content) <= 500_000)
      const all = [...files.values()].flatMap((content) => JSON.parse(content) as Auth0User[])
      assert.deepEqual([all.map(({ username }) => username).sort(), report.users], [created.sort(), 12])
    })

    it('leaves out usernames and names of attributes that Auth0 refuses', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: [{ Name: 'a.b', AttributeDataType: 'String', Mutable: true }] } })
      const attributes = [
        { Name: 'email', Value: 'zofie@example.test' },
        { Name: 'custom:a.b', Value: 'dotted' },
      ]
      await givenUser(server(), poolId, 'žofie', { attributes })
      const { files, leftOut } = await exportUsers(server(), poolId, ['--format', 'auth0'])
      const [user] = JSON.parse(files.get('out-1.txt') ?? '') as Auth0User[]
      assert.deepEqual([user?.username, user?.['app_metadata']], [undefined, {}])
      assert.deepEqual([leftOut['username'], leftOut['attributes']], [1, 1])
    })
  })
}
