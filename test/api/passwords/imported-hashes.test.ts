import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminSetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { readImportedHash } from '../../../src/users/passwords/imported-hash.ts'
import { exportableHash, type HashText, openPassword, sealImportedHash } from '../../../src/users/passwords/sealed-password.ts'
import { adminCreateSilently } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { respond } from '../../support/mfa.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { kindOfStored, knownKey, readRow, replaceStored, type Storage, setStorage } from '../../support/stored-passwords.ts'
import { useTestServer } from '../../support/test-server.ts'
import { otherHashes } from '../../users/passwords/hashes-of-others.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const oldPassword = 'Pässwörd-of-old-1'

for (const engine of engines) {
  describe(`Password hashes of other systems on ${engine.name}`, () => {
    const server = useTestServer(engine, { ...knownKey, flags: ['silent'] })

    async function givenStorage(storage: Storage) {
      const ids = await server().givenPool({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await setStorage(server(), ids, storage)
      return ids
    }

    /** A user whose password is an imported hash. */
    async function givenImported(poolId: string, username: string, imported: HashText): Promise<void> {
      await givenUser(server(), poolId, username)
      await replaceStored(server(), poolId, username, (secrets, owner) => sealImportedHash(secrets, owner, imported))
    }

    const exported = (poolId: string, username: string) =>
      readRow(server(), poolId, username, ({ secrets, owner, sealed }) => exportableHash(secrets, owner, sealed ?? ''))

    it('of every algorithm allow one sign-in, which stores what the pool wants', async () => {
      const pools = { SRP: await givenStorage('SRP'), ARGON2ID: await givenStorage('ARGON2ID'), BOTH: await givenStorage('BOTH') }
      for (const [at, { algorithm, form, make }] of otherHashes.entries()) {
        const storage = (['SRP', 'ARGON2ID', 'BOTH'] as const)[at % 3] ?? 'SRP'
        const { poolId, clientId } = pools[storage]
        const name = `user-${at}`
        await givenImported(poolId, name, { algorithm, hash: await make(oldPassword) })
        assert.equal(await kindOfStored(server(), poolId, name), 'IMPORTED', form)
        await assert.rejects(signInByPassword(server(), clientId, name, `${oldPassword}!`), wrong, `${algorithm}, ${form}`)
        await givenTokens(server(), clientId, name, oldPassword)
        assert.equal(await kindOfStored(server(), poolId, name), storage, `${algorithm}, ${form}`)
        await givenTokens(server(), clientId, name, oldPassword)
        await assert.rejects(signInByPassword(server(), clientId, name, ''), { name: 'InvalidParameterException' })
      }
    })

    it('are given back as they were imported, and verifiers as what they are', async () => {
      const { poolId, clientId } = await givenStorage('SRP')
      const imported = { algorithm: 'MD5', hash: '$md5$CY9rzUYh03PK3k6DJie09g==' } as const
      await givenImported(poolId, 'ana', imported)
      assert.deepEqual(await exported(poolId, 'ana'), imported)
      await givenTokens(server(), clientId, 'ana', 'test')
      const verifier = await exported(poolId, 'ana')
      assert.equal(verifier.algorithm, 'SRP')
      assert.ok(verifier.hash.startsWith(`$srp$${poolId.split('_')[1]}$${Buffer.from('ana').toString('base64')}$`))
      assert.equal(readImportedHash('SRP', verifier.hash)?.kind, 'SRP')
    })

    it('that are verifiers of another pool or another username are checked with the password, and upgraded', async () => {
      const from = await givenStorage('SRP')
      await givenUser(server(), from.poolId, 'änn', { password: oldPassword })
      const verifier = await exported(from.poolId, 'änn')
      for (const storage of ['SRP', 'ARGON2ID'] as const) {
        const to = await givenStorage(storage)
        for (const name of ['änn', 'renamed']) {
          await givenImported(to.poolId, name, verifier)
          if (storage === 'SRP') await assert.rejects(signInBySrp(server(), to, name, oldPassword), wrong)
          await assert.rejects(signInByPassword(server(), to.clientId, name, goodPassword), wrong)
          await givenTokens(server(), to.clientId, name, oldPassword)
          assert.equal(await kindOfStored(server(), to.poolId, name), storage)
          if (storage === 'SRP') assert.ok((await signInBySrp(server(), to, name, oldPassword)).AuthenticationResult)
        }
      }
    })

    it('that the pool could have made itself are stored as its own', async () => {
      const ids = await givenStorage('BOTH')
      await givenUser(server(), ids.poolId, 'ana', { password: oldPassword })
      const hash = await exported(ids.poolId, 'ana')
      assert.equal(hash.algorithm, 'ARGON2ID')
      await givenImported(ids.poolId, 'ben', hash)
      assert.equal(await kindOfStored(server(), ids.poolId, 'ben'), 'ARGON2ID')
      await givenTokens(server(), ids.clientId, 'ben', oldPassword)

      const same = await givenStorage('SRP')
      await givenUser(server(), same.poolId, 'ana', { password: oldPassword })
      const verifier = await exported(same.poolId, 'ana')
      await givenImported(same.poolId, 'ana2', verifier)
      // A verifier for another username of the pool is like that of a user whose username has changed.
      assert.equal(await kindOfStored(server(), same.poolId, 'ana2'), 'SRP')
      assert.ok((await signInBySrp(server(), same, 'ana2', oldPassword)).AuthenticationResult)
      await replaceStored(server(), same.poolId, 'ana', (secrets, owner) => sealImportedHash(secrets, owner, verifier))
      assert.equal(await kindOfStored(server(), same.poolId, 'ana'), 'SRP')
      assert.ok((await signInBySrp(server(), same, 'ana', oldPassword)).AuthenticationResult)
    })

    it('of a temporary password lead to a new one', async () => {
      const { poolId, clientId } = await givenStorage('ARGON2ID')
      await adminCreateSilently(server(), poolId, 'ana', { TemporaryPassword: goodPassword })
      const hash = await otherHashes[0]?.make(oldPassword)
      await replaceStored(server(), poolId, 'ana', (secrets, owner) =>
        sealImportedHash(secrets, owner, { algorithm: 'BCRYPT', hash: hash ?? '' }),
      )
      const { Session } = await signInByPassword(server(), clientId, 'ana', oldPassword)
      const answer = { USERNAME: 'ana', NEW_PASSWORD: 'Another-horse-8' }
      assert.ok((await respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', Session, answer)).AuthenticationResult)
    })

    it('do not open in the row of another user, nor under another mark', async () => {
      for (const storage of ['SRP', 'ARGON2ID', 'BOTH'] as const) {
        const { poolId, clientId } = await givenStorage(storage)
        await givenUser(server(), poolId, 'ana')
        await givenUser(server(), poolId, 'ben', { password: oldPassword })
        const ofBen = await readRow(server(), poolId, 'ben', ({ sealed }) => sealed ?? '')
        await replaceStored(server(), poolId, 'ana', () => ofBen)
        await assert.rejects(signInByPassword(server(), clientId, 'ana', oldPassword), { name: 'InternalErrorException' })
        await readRow(server(), poolId, 'ben', ({ secrets, owner }) => {
          const bare = ofBen.slice(ofBen.indexOf(':') + 1)
          for (const mark of ['', 'argon2id:', 'both:', 'imported:']) {
            if (mark + bare === ofBen) assert.equal(openPassword(secrets, owner, ofBen)?.kind, storage)
            else assert.throws(() => openPassword(secrets, owner, mark + bare), /cannot be opened/)
          }
        })
        // An administrator can help: a new password replaces the value without opening it.
        const help = { UserPoolId: poolId, Username: 'ana', Password: goodPassword, Permanent: true }
        await server().send(new AdminSetUserPasswordCommand(help))
        await givenTokens(server(), clientId, 'ana')
      }
    })
  })
}
