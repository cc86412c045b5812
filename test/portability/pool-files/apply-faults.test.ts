import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListUserPoolClientsCommand, ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { applicable, beginApply, poolFile, runApply } from '../../support/pool-files.ts'
import { useTestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

const clients = Array.from({ length: 30 }, (_, index) => ({ ClientName: `client ${index}` }))

for (const engine of engines) {
  describe(`lifeguard apply, twice at once and killed, on ${engine.name}`, () => {
    const server = useTestServer(engine, applicable)
    const poolsNamed = async (name: string) =>
      (await server().send(new ListUserPoolsCommand({ MaxResults: 60 }))).UserPools?.filter(({ Name }) => Name === name) ?? []
    const clientsOf = async (UserPoolId: string | undefined) =>
      (await server().send(new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 60 }))).UserPoolClients ?? []

    it('makes one pool when two processes apply the same file at once', async () => {
      const file = poolFile({ UserPools: [{ PoolName: 'one', Clients: [{ ClientName: 'web' }] }] })
      const both = await Promise.all([runApply(server(), file), runApply(server(), file)])
      assert.deepEqual(
        both.map(({ code, stderr }) => [code, stderr]),
        [
          [0, ''],
          [0, ''],
        ],
      )
      const lines = both.map(({ stdout }) => stdout.trimEnd().split('\n').at(-1)).sort()
      assert.deepEqual(lines, ['0 created, 0 changed.', '2 created, 0 changed.'])
      const [pool, ...others] = await poolsNamed('one')
      assert.deepEqual([others, (await clientsOf(pool?.Id)).length], [[], 1])
    })

    it('is finished by the next run after a kill in the middle', async () => {
      const file = poolFile({ UserPools: [{ PoolName: 'killed', Clients: clients }] })
      await using running = beginApply(server(), file)
      await until('the first clients of the pool', async () => {
        const [pool] = await poolsNamed('killed')
        return pool !== undefined && (await clientsOf(pool.Id)).length > 0
      })
      running.child.kill('SIGKILL')
      await running.ended
      const { code, stderr } = await runApply(server(), file)
      assert.deepEqual([code, stderr], [0, ''])
      const [pool, ...others] = await poolsNamed('killed')
      const names = (await clientsOf(pool?.Id)).map(({ ClientName }) => ClientName)
      assert.deepEqual([others, names.length, new Set(names).size], [[], 30, 30])
    })
  })
}
