import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminSetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { sealImportedHash } from '../../../src/users/passwords/sealed-password.ts'
import { engines } from '../../support/engines.ts'
import { columnsSealedUnder, newKeys, rotate, withDatabase } from '../../support/master-keys.ts'
import { givenTokens, givenUser, goodPassword, signInBySrp } from '../../support/sign-in.ts'
import { type Storage, setStorage } from '../../support/stored-passwords.ts'
import { startTestServer } from '../../support/test-server.ts'

const former = 'Former-horse-8'
const history = { Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 3 } } }
const imported = { algorithm: 'SHA256', hash: '$sha256$n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' } as const

for (const engine of engines) {
  describe(`A change of the master key and the forms of passwords, on ${engine.name}`, () => {
    it('seals each form anew: the current passwords, the former ones, and imported hashes', async () => {
      const keys = newKeys()
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before } })
      const pools = new Map<Storage, { poolId: string; clientId: string }>()
      const set = (poolId: string, Password: string) =>
        server.send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password, Permanent: true }))
      for (const storage of ['SRP', 'ARGON2ID', 'BOTH'] as const) {
        const ids = await server.givenPool({ pool: history })
        await setStorage(server, ids, storage)
        await givenUser(server, ids.poolId, 'ana', { password: former })
        await set(ids.poolId, goodPassword)
        const { sub } = await givenUser(server, ids.poolId, 'ben')
        await withDatabase(server.databaseUrl, { masterKey: keys.before }, async ({ storage: { db }, secrets }) => {
          const password = sealImportedHash(secrets, { poolId: ids.poolId, sub, username: 'ben' }, imported)
          await db.updateTable('user').set({ password }).where('sub', '=', sub).execute()
        })
        pools.set(storage, ids)
      }

      const asKey = (key: string) => Buffer.from(key, 'base64')
      await server.restart({ masterKey: asKey(keys.after), previousMasterKey: asKey(keys.before) })
      await rotate(server.databaseUrl, keys)
      await server.restart({ masterKey: asKey(keys.after), previousMasterKey: undefined })
      await withDatabase(server.databaseUrl, { masterKey: keys.after }, async ({ storage: { db } }) => {
        const left = await columnsSealedUnder(db, keys.before)
        assert.deepEqual([...left], [])
      })

      for (const [storage, ids] of pools) {
        await assert.rejects(set(ids.poolId, former), { name: 'PasswordHistoryPolicyViolationException' }, storage)
        await givenTokens(server, ids.clientId, 'ana')
        if (storage !== 'ARGON2ID') assert.ok((await signInBySrp(server, ids, 'ana')).AuthenticationResult)
        await givenTokens(server, ids.clientId, 'ben', 'test')
      }
    })
  })
}
