import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { argon2id, createSHA256, pbkdf2 } from 'hash-wasm'
import { engines } from '../../support/engines.ts'
import { type Exported, exportable, exportUsers } from '../../support/export-users.ts'
import { type FullPool, givenFullPool, hardValues, importedPassword } from '../../support/full-pool.ts'
import { appOf } from '../../support/mfa.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

type Credential = { readonly type: string; readonly userLabel?: string; readonly secretData: string; readonly credentialData: string }
type KeycloakUser = {
  readonly id: string
  readonly username: string
  readonly enabled: boolean
  readonly email?: string
  readonly emailVerified: boolean
  readonly firstName?: string
  readonly lastName?: string
  readonly attributes: Readonly<Record<string, readonly string[]>>
  readonly credentials: readonly Credential[]
  readonly groups?: readonly string[]
  readonly federatedIdentities?: readonly object[]
  readonly requiredActions?: readonly string[]
}
type Realm = { readonly realm: string; readonly groups: readonly object[]; readonly users: readonly KeycloakUser[] }

/** Computes the hash as Keycloak does, from the parameters of the credential, and compares it. */
async function verifies(credential: Credential | undefined, password: string): Promise<boolean> {
  const { value, salt: saltText } = JSON.parse(credential?.secretData ?? '{}')
  const { algorithm, hashIterations: iterations, additionalParameters: parameters } = JSON.parse(credential?.credentialData ?? '{}')
  const salt = Buffer.from(saltText, 'base64')
  const length = Buffer.from(value, 'base64').length
  if (algorithm === 'pbkdf2-sha256') {
    const key = await pbkdf2({ password, salt, iterations, hashLength: length, hashFunction: createSHA256(), outputType: 'binary' })
    return Buffer.from(key).toString('base64') === value
  }
  assert.deepEqual([algorithm, parameters.type, parameters.version], ['argon2', ['id'], ['1.3']])
  const [hashLength, memorySize, parallelism] = ['hashLength', 'memory', 'parallelism'].map((name) => Number(parameters[name][0]))
  assert.equal(hashLength, length)
  const key = await argon2id({ password, salt, iterations, parallelism, memorySize, hashLength, outputType: 'binary' } as never)
  return Buffer.from(key as unknown as Uint8Array).toString('base64') === value
}

for (const engine of engines) {
  describe(`lifeguard export users --format keycloak on ${engine.name}`, () => {
    const server = useTestServer(engine, exportable)
    let pool: FullPool
    let exported: Exported
    let realm: Realm
    before(async () => {
      pool = await givenFullPool(server())
      exported = await exportUsers(server(), pool.poolId, ['--format', 'keycloak'])
      realm = JSON.parse(exported.text)
    })
    const userOf = (name: string): KeycloakUser => realm.users.find(({ username }) => username === name) ?? assert.fail(name)
    const credentialOf = (name: string, type: string) => userOf(name).credentials.find((one) => one.type === type)

    it('writes one realm with the groups and all users', () => {
      assert.equal(realm.realm, pool.poolId)
      assert.equal(realm.users.length, 12)
      const attributes = { description: ['Group, "one"'], precedence: ['1'] }
      assert.deepEqual(realm.groups, [
        { name: 'a/b', path: '/a~/b', attributes },
        { name: 'admins', path: '/admins', attributes },
      ])
    })

    it('writes members, attributes, groups and identities where Keycloak looks for them', () => {
      const { id, email, emailVerified, firstName, lastName, attributes, groups, federatedIdentities, requiredActions } = userOf('rich')
      assert.deepEqual([email, emailVerified, firstName, lastName], ['rich@example.test', true, 'Zoë', 'Ž'])
      const { phone_number: phone, phone_number_verified: verified, given_name: _given, family_name: _family, ...others } = hardValues
      const lists = Object.fromEntries(
        Object.entries({ ...others, phoneNumber: phone, phoneNumberVerified: verified }).map(([k, v]) => [k, [v]]),
      )
      assert.deepEqual({ ...attributes, merged_subs: undefined }, { ...lists, lifeguard_sub: [id], merged_subs: undefined })
      assert.equal(attributes['merged_subs']?.length, 1)
      assert.deepEqual(groups, ['/a~/b', '/admins'])
      assert.deepEqual(federatedIdentities, [{ identityProvider: 'Google', userId: 'google-4711', userName: 'google-4711' }])
      assert.equal(requiredActions, undefined)
    })

    it('carries hashes of Argon2 and PBKDF2 that another library computes again', async () => {
      assert.ok(await verifies(credentialOf('rich', 'password'), goodPassword))
      assert.ok(!(await verifies(credentialOf('rich', 'password'), 'wrong')))
      assert.ok(await verifies(credentialOf('rich', 'password-history'), 'First-password-7'))
      assert.ok(await verifies(credentialOf('argon', 'password'), importedPassword))
      assert.ok(await verifies(credentialOf('pbkdf2', 'password'), importedPassword))
    })

    it('carries the authenticator app and the passkey', () => {
      const app = credentialOf('rich', 'otp')
      const { secretEncoding, ...scheme } = JSON.parse(app?.credentialData ?? '')
      assert.deepEqual([app?.userLabel, secretEncoding], ['My app', 'BASE32'])
      assert.deepEqual(scheme, { subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1' })
      const { value } = JSON.parse(app?.secretData ?? '')
      assert.equal(appOf(server(), value).code(), appOf(server(), pool.totpSecret).code())
      const passkey = JSON.parse(credentialOf('rich', 'webauthn-passwordless')?.credentialData ?? '')
      assert.deepEqual(Buffer.from(passkey.credentialId, 'base64'), Buffer.from(pool.passkeyId, 'base64url'))
      assert.match(passkey.credentialPublicKey, /^[\w-]+$/)
    })

    it('asks for a new password where the password stays behind, or was temporary or reset', () => {
      const actions = (name: string) => userOf(name).requiredActions
      for (const name of ['srp', 'bcrypt', 'scrypt', 'temporary', 'reset']) {
        assert.deepEqual([actions(name), credentialOf(name, 'password')], [['UPDATE_PASSWORD'], undefined])
      }
      assert.ok(actions('unconfirmed')?.includes('VERIFY_EMAIL'))
      assert.equal(userOf('disabled').enabled, false)
      assert.deepEqual([actions('external'), actions('argon')], [undefined, undefined])
    })

    it('reports what stays behind', () => {
      assert.deepEqual(exported.leftOut, {
        ...{ 'password-srp': 1, 'password-algorithm': 2, 'password-temporary': 1, 'password-reset': 1 },
        ...{ 'password-history': 1, 'mfa-preferences': 1, devices: 1, merged: 1 },
      })
      assert.match(exported.stderr, /Passwords\.Storage/)
      assert.deepEqual(exported.report.leftOut.find(({ code }) => code === 'password-srp')?.firstSubs, [userOf('srp').id])
    })
  })
}
