import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newMasterKey, restoreInto, withCopy } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { rotate, withDatabase } from '../support/master-keys.ts'
import { emptyDatabase } from '../support/older-schema.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'
import { refresh } from '../support/tokens.ts'

const asKey = (key: string) => Buffer.from(key, 'base64')
const refused = { name: 'NotAuthorizedException' }

for (const engine of engines) {
  describe(`The subkeys of a former installation on ${engine.name}`, () => {
    it('are heard of by running servers, and outlive a change of the master key', { timeout: 120_000 }, async () => {
      await using target = await emptyDatabase(engine)
      const [former, before, after] = [newMasterKey(), newMasterKey(), newMasterKey()]
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: former } })
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      const { refreshToken } = await givenTokens(server, clientId, 'ana')
      await withCopy({ url: server.databaseUrl, masterKey: former }, (content) =>
        restoreInto({ url: target.url, masterKey: before }, content),
      )
      const kept = await withDatabase(target.url, { masterKey: before }, ({ storage: { db } }) =>
        db.deleteFrom('installation').where('name', '=', 'kept-subkeys').returningAll().executeTakeFirstOrThrow(),
      )
      await server.restart({ database: target.url, masterKey: asKey(before) })
      await assert.rejects(refresh(server, clientId, refreshToken), refused)

      await withDatabase(target.url, { masterKey: before }, ({ storage: { db } }) => db.insertInto('installation').values(kept).execute())
      const isAccepted = () =>
        refresh(server, clientId, refreshToken).then(
          () => true,
          () => false,
        )
      while (!(await isAccepted()));

      await rotate(target.url, { before, after })
      await server.restart({ masterKey: asKey(after) })
      assert.ok((await refresh(server, clientId, refreshToken)).AuthenticationResult?.AccessToken)
    })
  })
}
