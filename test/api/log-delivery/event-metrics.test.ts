import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dayMs } from '../../../src/base/durations.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { sweepsOf } from '../../../src/sweeps.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { failSignIn, givenWatchedPool } from '../../support/log-delivery.ts'
import { readMetrics } from '../../support/metrics.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { startTestServer } from '../../support/test-server.ts'

const kept = { messageRecordsHours: 1, triggerRecordsHours: 1, auditDays: 1, auditStream: undefined }

for (const engine of engines) {
  describe(`The auth events of pools on ${engine.name}`, () => {
    it('are counted by type, response, level, decision and stolen password, and those of strangers and other pools are not', async () => {
      await using server = await startTestServer(engine)
      const { clientId } = await givenWatchedPool(server)
      const unwatched = await server.givenPool()
      await givenUser(server, unwatched.poolId, 'ana')
      await failSignIn(server, clientId)
      await failSignIn(server, clientId)
      await failSignIn(server, clientId, 'nobody')
      await failSignIn(server, unwatched.clientId)
      await givenTokens(server, clientId, 'ana')
      const { samples } = await readMetrics(server.url)
      const counted = samples.filter(({ name }) => name === 'lifeguard_auth_events_total')
      const sum = (label: string, value: string) =>
        counted.filter(({ labels }) => labels[label] === value).reduce((total, sample) => total + sample.value, 0)
      assert.deepEqual([sum('response', 'Fail'), sum('response', 'Pass'), sum('type', 'SignIn')], [2, 1, 3])
      for (const { labels } of counted) {
        assert.match(labels['level'] ?? '', /^(none|Low|Medium|High)$/)
        assert.match(labels['decision'] ?? '', /^(none|NoRisk|AccountTakeover|Block)$/)
        assert.match(labels['compromised'] ?? '', /^(yes|no|unknown)$/)
      }
    })

    it('are deleted after --auth-event-days, two years by default', async () => {
      await using server = await startTestServer(engine, { flags: ['--auth-event-days', '30'] })
      const { poolId, clientId } = await givenWatchedPool(server)
      await failSignIn(server, clientId)
      const at = server.clock.now()
      const storage = await openStorage({ url: server.databaseUrl })
      const count = async () => (await eventsOf(server, poolId)).length
      const sweepAfter = (authEventDays: number, days: number) => {
        const sweep = sweepsOf({ ...kept, authEventDays }).find(({ name }) => name === 'auth events') ?? assert.fail('no such sweep')
        return storage.db.transaction().execute((tx) => sweep.run(tx, at + days * dayMs + 1, 10))
      }
      try {
        await sweepAfter(30, 29)
        await sweepAfter(730, 729)
        assert.equal(await count(), 1)
        await sweepAfter(30, 30)
        assert.equal(await count(), 0)
      } finally {
        await storage.close()
      }
    })
  })
}
