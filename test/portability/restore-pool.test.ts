import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand, DescribeUserPoolCommand, GetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { readRows, withCopy } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { type KeptBackup, keepBackup, restorePoolInto, startKeyedServer } from '../support/pool-backups.ts'
import { givenSealedData, requireEverythingWorks, signInByImportedHash } from '../support/sealed-data.ts'
import { givenTokens, givenUser, signInBySrp } from '../support/sign-in.ts'
import type { TestServer } from '../support/test-server.ts'
import { refresh, useAccessToken } from '../support/tokens.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

const everything = { kind: 'everything' } as const

/** A pool with a user who has signed in. */
async function givenSignedIn(server: TestServer) {
  const ids = await server.givenPool()
  const { sub } = await givenUser(server, ids.poolId, 'eve')
  return { ...ids, sub, tokens: await givenTokens(server, ids.clientId, 'eve') }
}

const deletePool = (server: TestServer, UserPoolId: string) => server.send(new DeleteUserPoolCommand({ UserPoolId }))
const describePool = (server: TestServer, UserPoolId: string) => server.send(new DescribeUserPoolCommand({ UserPoolId }))

async function requireOldAccess(server: TestServer, { poolId, clientId, sub, tokens }: Awaited<ReturnType<typeof givenSignedIn>>) {
  await useAccessToken(server, tokens.accessToken)
  const { AuthenticationResult } = await signInBySrp(server, { poolId, clientId }, 'eve')
  const { UserAttributes } = await server.send(new GetUserCommand({ AccessToken: AuthenticationResult?.AccessToken }))
  assert.equal(UserAttributes?.find(({ Name }) => Name === 'sub')?.Value, sub)
}

for (const engine of engines) {
  describe(`A user pool restored into a running server on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()

    for (const kind of ['pool', 'everything'] as const) {
      it(`has everything that it had, from a backup of ${kind === 'pool' ? 'the pool' : kind}`, { timeout: 60_000 }, async () => {
        await using server = await startKeyedServer(engine, endpoint.flags)
        const data = await givenSealedData(server, endpoint)
        const { poolId } = data
        const backup = await keepBackup(server.database, kind === 'pool' ? { kind, poolId } : everything)
        await deletePool(server, poolId)
        await assert.rejects(describePool(server, poolId), { name: 'ResourceNotFoundException' })

        const report = await restorePoolInto(server.database, backup, { poolId })
        assert.deepEqual([report.poolId, report.takenDomains, report.newClientIds.size], [poolId, [], 0])
        await requireEverythingWorks(server, data)
        await signInByImportedHash(server, data)
      })
    }

    it('accepts its old tokens and the old password by SRP', async () => {
      await using server = await startKeyedServer(engine)
      const given = await givenSignedIn(server)
      const { poolId } = given
      const backup = await keepBackup(server.database, { kind: 'pool', poolId })
      await deletePool(server, poolId)
      await restorePoolInto(server.database, backup, { poolId })
      await requireOldAccess(server, given)
      assert.ok((await refresh(server, given.clientId, given.tokens.refreshToken)).AuthenticationResult?.AccessToken)
    })

    it('accepts its old access tokens, and no refresh tokens, in an installation with another master key', {
      timeout: 60_000,
    }, async () => {
      // Tokens name their issuer, so the pool has to be reachable under the old URL.
      const flags = ['--public-url', 'https://id.example.test']
      await using server = await startKeyedServer(engine, flags)
      await using other = await startKeyedServer(engine, flags)
      const given = await givenSignedIn(server)
      const { poolId } = given
      const backup = await keepBackup(server.database, { kind: 'pool', poolId })
      const living = await givenSignedIn(other)
      await restorePoolInto(other.database, backup, { poolId, quietMs: 3000 })
      await requireOldAccess(other, given)
      await assert.rejects(refresh(other, given.clientId, given.tokens.refreshToken), { name: 'NotAuthorizedException' })
      await requireOldAccess(other, living)
      assert.ok((await refresh(other, living.clientId, living.tokens.refreshToken)).AuthenticationResult?.AccessToken)
    })

    it('leaves the rows of other pools as they were', async () => {
      await using server = await startKeyedServer(engine, endpoint.flags)
      const { poolId } = await givenSealedData(server, endpoint)
      const given = await givenSignedIn(server)
      const before = await withCopy(server.database, readRows)
      const backup = await keepBackup(server.database, everything)
      await restorePoolInto(server.database, backup, { poolId: given.poolId, overwrite: true })
      await restorePoolInto(server.database, backup, { poolId: given.poolId, newId: 'eu-west-1_copy00001' })
      const after = await withCopy(server.database, readRows)
      assert.deepEqual(rowsOf(after, poolId), rowsOf(before, poolId))
      assert.ok(Object.values(rowsOf(after, poolId)).flat().length > 20)
    })
  })
}

/** Rows of one pool by table, without what seals them: the snapshot seals under a random key. */
function rowsOf(rows: KeptBackup['rows'], poolId: string) {
  const isSealed = (value: unknown) => typeof value === 'string' && value.length > 60
  return Object.fromEntries(
    Object.entries(rows).map(([table, some]) => [
      table,
      some
        .filter((row) => row['pool_id'] === poolId || (table === 'user_pool' && row['id'] === poolId))
        .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => !isSealed(value)))),
    ]),
  )
}
