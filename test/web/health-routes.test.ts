import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fastify } from 'fastify'
import { healthRoutes } from '../../src/web/health-routes.ts'
import { createMetrics } from '../../src/web/metrics.ts'

/** The answers of /readyz and of /metrics while a check of the database takes `ms`. */
async function askWhileDatabaseTakes(ms: number) {
  const metrics = createMetrics()
  const checkDatabase = () => delay(ms)
  const waiting = { count: 0, oldestAt: undefined }
  metrics.watch({
    now: Date.now,
    checkDatabase,
    connections: () => undefined,
    findWaitingMessages: async () => ({ email: waiting, sms: waiting }),
    countSlowedNetworks: async () => 0,
    findOldestUnstreamed: undefined,
    findOldestLogRecord: async () => undefined,
    findOldestKeys: async () => ({ signing: undefined, access: undefined }),
    queueLengths: () => ({ 'srp-fixed-base': 0, 'srp-shared-secret': 0, 'imported-hashes': 0, argon2: 0 }),
    countOpenBreakers: () => 0,
    hasSweeperLease: () => false,
    isImporting: () => false,
    findLastBackup: async () => undefined,
    certificateExpiresAt: undefined,
    firstSamlExpiry: () => undefined,
  })
  await using app = fastify()
  healthRoutes(app, { checkDatabase, isClosing: () => false, metrics, metricsAccess: 'public' })
  const [ready, text] = await Promise.all([app.inject('/readyz'), app.inject('/metrics')])
  return { ready: ready.statusCode, up: /^lifeguard_database_up (\d)$/m.exec(text.body)?.[1] }
}

describe('/readyz and lifeguard_database_up', () => {
  it('take a busy database for one that is up, and a silent one for one that is down', async () => {
    const [busy, silent] = await Promise.all([askWhileDatabaseTakes(1400), askWhileDatabaseTakes(3000)])
    assert.deepEqual(busy, { ready: 200, up: '1' })
    assert.deepEqual(silent, { ready: 503, up: '0' })
  })
})
