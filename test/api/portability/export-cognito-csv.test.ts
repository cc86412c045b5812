import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { GetCSVHeaderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { exportable, exportUsers } from '../../support/export-users.ts'
import { type FullPool, givenEmptyFullPool, givenFullPool, hardValues, importedPassword } from '../../support/full-pool.ts'
import { givenUploadedJob, logOf, startJob, waitForJobEnd } from '../../support/imports.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

type Algorithm = 'ARGON2ID' | 'BCRYPT' | 'SCRYPT' | 'PBKDF2_SHA256'

for (const engine of engines) {
  describe(`lifeguard export cognito-csv on ${engine.name}`, () => {
    const server = useTestServer(engine, exportable)
    let pool: FullPool
    before(async () => {
      pool = await givenFullPool(server())
    })

    /** Imports the file into a new pool by Cognito's operations. */
    async function importInto(text: string, PasswordHashingAlgorithm?: Algorithm) {
      const target = await givenEmptyFullPool(server())
      const job = await givenUploadedJob(server(), target.poolId, text, { PasswordHashingAlgorithm })
      await startJob(server(), job)
      const { ImportedUsers, FailedUsers, SkippedUsers } = await waitForJobEnd(server(), job)
      assert.deepEqual([FailedUsers, SkippedUsers], [0, 0], (await logOf(server(), job)).join('\n'))
      return { ...target, imported: ImportedUsers }
    }

    it('writes a file that an import job takes, whose users sign in with their passwords', async () => {
      const { text, report, leftOut } = await exportUsers(server(), pool.poolId, ['--hash', 'ARGON2ID'], 'cognito-csv')
      const { CSVHeader = [] } = await server().send(new GetCSVHeaderCommand({ UserPoolId: pool.poolId }))
      assert.deepEqual(text.split('\n')[0]?.split(','), CSVHeader)
      assert.equal(report.users, 8)
      const { poolId, clientId, imported } = await importInto(text, 'ARGON2ID')
      assert.equal(imported, 8)
      await givenTokens(server(), clientId, 'argon', importedPassword)
      const { ChallengeName } = await signInByPassword(server(), clientId, 'rich', goodPassword)
      assert.equal(ChallengeName, 'SMS_MFA')

      const { address: _address, nickname: _nickname, ...carried } = hardValues
      const { attributes } = await adminGet(server(), poolId, 'rich')
      assert.deepEqual(
        { ...attributes, sub: undefined },
        { ...carried, email: 'rich@example.test', email_verified: 'true', sub: undefined },
      )
      for (const name of ['bcrypt', 'srp', 'temporary', 'reset']) {
        assert.equal((await adminGet(server(), poolId, name)).UserStatus, 'RESET_REQUIRED')
      }
      assert.deepEqual(leftOut, {
        ...{ 'user-disabled': 1, 'user-unconfirmed': 1, 'user-of-provider': 1, 'user-without-address': 1, sub: 8 },
        ...{ 'password-algorithm': 3, 'password-srp': 1, 'password-temporary': 1, 'password-reset': 1, 'password-history': 3 },
        ...{ attributes: 1, groups: 1, 'mfa-preferences': 1, totp: 1, passkeys: 1, devices: 1, identities: 1, merged: 1 },
      })
    })

    for (const [algorithm, name] of [
      ['BCRYPT', 'bcrypt'],
      ['SCRYPT', 'scrypt'],
      ['PBKDF2_SHA256', 'pbkdf2'],
    ] as const) {
      it(`carries hashes of ${algorithm}, and no others`, async () => {
        const { text, leftOut } = await exportUsers(server(), pool.poolId, ['--format', 'cognito-csv', '--hash', algorithm])
        assert.equal(leftOut['password-algorithm'], 4)
        const { poolId, clientId } = await importInto(text, algorithm)
        await givenTokens(server(), clientId, name, importedPassword)
        assert.equal((await adminGet(server(), poolId, 'argon')).UserStatus, 'RESET_REQUIRED')
      })
    }

    it('writes no hashes without an algorithm', async () => {
      const { text, leftOut } = await exportUsers(server(), pool.poolId, [], 'cognito-csv')
      assert.deepEqual([leftOut['password-algorithm'], leftOut['password-srp']], [5, 1])
      assert.ok(!text.includes('argon2'))
      const { poolId } = await importInto(text)
      assert.equal((await adminGet(server(), poolId, 'argon')).UserStatus, 'RESET_REQUIRED')
    })

    it('names the users by their addresses in a pool whose users sign in with an address', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] } })
      await givenUser(server(), poolId, 'ana@example.test', { attributes: [{ Name: 'email_verified', Value: 'true' }] })
      const { text } = await exportUsers(server(), poolId, [], 'cognito-csv')
      const row = text.split('\n')[1]?.split(',') ?? []
      assert.equal(row.at(-2), 'ana@example.test')
    })

    it('leaves out a row that is longer than Cognito takes', async () => {
      const names = Array.from({ length: 9 }, (_, at) => `note${at}`)
      const Schema = names.map((Name) => ({ Name, AttributeDataType: 'String' as const, Mutable: true }))
      const { poolId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], Schema } })
      const long = names.map((name) => ({ Name: `custom:${name}`, Value: 'x'.repeat(2048) }))
      const mail = (name: string) => [
        { Name: 'email', Value: `${name}@example.test` },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), poolId, 'long', { attributes: [...mail('long'), ...long] })
      await givenUser(server(), poolId, 'short', { attributes: [...mail('short'), ...long.slice(2)] })
      const { report, leftOut } = await exportUsers(server(), poolId, [], 'cognito-csv')
      assert.deepEqual([report.users, leftOut['user-too-large']], [1, 1])
    })
  })
}
