import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { argon2Verify } from 'hash-wasm'
import type { UserRecord } from '../../../src/portability/users-file/user-record.ts'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { type Exported, exportable, exportUsers } from '../../support/export-users.ts'
import { type FullPool, givenFullPool, hardValues, importedPassword } from '../../support/full-pool.ts'
import { problemsOf } from '../../support/json-schema.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const schema = JSON.parse(readFileSync(new URL('../../../docs/users-file.schema.json', import.meta.url), 'utf8')) as Record<string, unknown>

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('The schema of users files', () => {
  it('refuses members that it does not name, values of another type, and lines that are nothing of it', () => {
    const user = { username: 'ana' }
    assert.deepEqual(problemsOf(schema, user), [])
    for (const wrong of [
      {},
      { ...user, sbu: 'x' },
      { ...user, enabled: 'yes' },
      { ...user, createdAt: 'today' },
      { ...user, group: 'a' },
      7,
    ]) {
      assert.notDeepEqual(problemsOf(schema, wrong), [])
    }
  })
})

for (const engine of engines) {
  describe(`lifeguard export users on ${engine.name}`, () => {
    const server = useTestServer(engine, exportable)
    let pool: FullPool
    let exported: Exported
    let users: ReadonlyMap<string, UserRecord>
    before(async () => {
      pool = await givenFullPool(server())
      exported = await exportUsers(server(), pool.poolId)
      users = new Map(
        linesOf(exported.text).flatMap((line) => ('username' in line ? [[String(line['username']), line as UserRecord]] : [])),
      )
    })
    const userOf = (name: string): UserRecord => users.get(name) ?? assert.fail(`${name} is missing`)

    it('writes lines that the schema accepts: a head, the groups, the users and an end with their numbers', () => {
      const lines = linesOf(exported.text)
      for (const line of lines) assert.deepEqual(problemsOf(schema, line), [], JSON.stringify(line))
      const kinds = lines.map((line) => Object.keys(line)[0])
      assert.deepEqual(kinds, ['lifeguard', 'group', 'group', ...Array(12).fill('username'), 'end'])
      assert.deepEqual(lines.at(-1), { end: true, groups: 2, users: 12 })
      assert.equal(lines[0]?.['userPoolId'], pool.poolId)
      assert.deepEqual(exported.report.leftOut, [])
      assert.equal(exported.report.users, 12)
    })

    it('carries everything of a user', async () => {
      const { attributes: stored } = await adminGet(server(), pool.poolId, 'rich')
      const rich = userOf('rich')
      assert.equal(rich.sub, stored['sub'])
      assert.deepEqual({ ...rich.attributes }, { email: 'rich@example.test', email_verified: 'true', ...hardValues })
      assert.deepEqual([rich.status, rich.enabled, rich.groups], ['CONFIRMED', true, ['a/b', 'admins']])
      assert.deepEqual(rich.mfa, { enabled: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA'], preferred: 'SOFTWARE_TOKEN_MFA' })
      assert.deepEqual({ ...rich.totp, lastStep: undefined }, { secret: pool.totpSecret, name: 'My app', lastStep: undefined })
      assert.deepEqual(
        rich.passkeys?.map(({ id, relyingPartyId }) => [id, relyingPartyId]),
        [[pool.passkeyId, 'example.test']],
      )
      assert.deepEqual(
        rich.devices?.map(({ key, name, remembered }) => [key, name, remembered]),
        [[pool.deviceKey, 'Zoë’s phone', true]],
      )
      const identity = { provider: 'Google', providerType: 'Google', userId: 'google-4711', primary: false }
      assert.deepEqual(
        rich.identities?.map(({ createdAt: _createdAt, ...known }) => known),
        [identity],
      )
      assert.equal(rich.mergedSubs?.length, 1)
      assert.ok(rich.mergedNames?.includes('merged'))
    })

    it('carries Argon2id hashes that another library verifies, verifiers of SRP, and imported hashes as they were', async () => {
      const { algorithm, hash = '' } = userOf('rich').password ?? {}
      assert.equal(algorithm, 'ARGON2ID')
      assert.ok(await argon2Verify({ password: goodPassword, hash }))
      const [former] = userOf('rich').passwordHistory ?? []
      assert.ok(await argon2Verify({ password: 'First-password-7', hash: former?.hash ?? '' }))
      assert.ok(await argon2Verify({ password: importedPassword, hash: userOf('argon').password?.hash ?? '' }))
      assert.equal(userOf('srp').password?.algorithm, 'SRP')
      for (const [name, hash] of Object.entries(pool.hashes)) assert.equal(userOf(name).password?.hash, hash)
    })

    it('says which users are disabled, not confirmed, invited, reset or from a provider', () => {
      const states = ['disabled', 'unconfirmed', 'temporary', 'reset', 'external', 'žofie'].map((name) => [
        userOf(name).status,
        userOf(name).enabled,
      ])
      assert.deepEqual(states, [
        ['CONFIRMED', false],
        ['UNCONFIRMED', true],
        ['FORCE_CHANGE_PASSWORD', true],
        ['RESET_REQUIRED', true],
        ['EXTERNAL_PROVIDER', true],
        ['CONFIRMED', true],
      ])
      assert.ok(Date.parse(userOf('temporary').passwordExpiresAt ?? '') > server().clock.now())
      assert.equal(userOf('external').password, undefined)
    })
  })
}
