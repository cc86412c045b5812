import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { readMetrics } from '../../support/metrics.ts'
import { givenUser } from '../../support/sign-in.ts'
import { attack, givenStuffingPool, namesOf, refused, signInFrom, slowedOf, wrong } from '../../support/stuffing.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'

const attacker = '203.0.113.7'
const network = `${attacker}/32`
type Line = Readonly<Record<string, unknown>>
const parsed = (lines: readonly string[]): readonly Line[] => lines.map((line) => JSON.parse(line) as Line)

const proxied = ['--trust-proxy', '1']

for (const engine of engines) {
  describe(`A slowed network on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: proxied })

    it('is listed with its users, page by page', async () => {
      const ids = await givenStuffingPool(server())
      const since = new Date(server().clock.now())
      for (const ip of ['198.51.100.1', '198.51.100.2', '192.0.2.1']) await attack(server(), ids, ip, namesOf(11, ip))
      const first = await callLifeguard(server(), 'ListSlowedNetworks', { UserPoolId: ids.poolId, MaxResults: 2 })
      const shown = (first.SlowedNetworks as Record<string, unknown>[]).map(({ Network, Level, FailedUsers, SignedInUsers }) => [
        Network,
        Level,
        FailedUsers,
        SignedInUsers,
      ])
      assert.deepEqual(shown, [
        ['192.0.2.1/32', 1, 11, 0],
        ['198.51.100.1/32', 1, 11, 0],
      ])
      assert.equal(first.SlowedNetworks[0].SlowedSince, since.getTime() / 1000)
      assert.equal(first.SlowedNetworks[0].SlowedUntil, since.getTime() / 1000 + 15 * 60)
      const next = { UserPoolId: ids.poolId, MaxResults: 2, NextToken: first.NextToken }
      const second = await callLifeguard(server(), 'ListSlowedNetworks', next)
      assert.deepEqual(
        [second.SlowedNetworks.map((entry: { Network: string }) => entry.Network), second.NextToken],
        [['198.51.100.2/32'], undefined],
      )
      const other = await server().givenPool()
      await assert.rejects(callLifeguard(server(), 'ListSlowedNetworks', { ...next, UserPoolId: other.poolId }), /Invalid pagination token/)
    })

    it('is free again when an administrator clears it, and the audit record says so', async () => {
      const ids = await givenStuffingPool(server())
      await attack(server(), ids, attacker, namesOf(20))
      assert.equal(await signInFrom(server(), ids, attacker, 'ana', 'x'), refused)
      await callLifeguard(server(), 'ClearSlowedNetwork', { UserPoolId: ids.poolId, Network: network })
      assert.deepEqual(await slowedOf(server(), ids), [])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(9)), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), [])
      await attack(server(), ids, attacker, namesOf(1, 'tenth'))
      assert.deepEqual(await slowedOf(server(), ids), [network])
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', {
        UserPoolId: ids.poolId,
        Operation: 'ClearSlowedNetwork',
      })
      assert.deepEqual(
        Records.map(({ Subject }: { Subject: string }) => Subject),
        [network],
      )
    })

    it('cannot be cleared when it is not slowed down', async () => {
      const ids = await givenStuffingPool(server())
      await attack(server(), ids, attacker, namesOf(9))
      for (const Network of [network, '203.0.113.0/24', 'x']) {
        await assert.rejects(callLifeguard(server(), 'ClearSlowedNetwork', { UserPoolId: ids.poolId, Network }), {
          name: 'ResourceNotFoundException',
        })
      }
    })

    it('is slowed down in its pool only', async () => {
      const [one, other] = [await givenStuffingPool(server()), await givenStuffingPool(server())]
      await attack(server(), one, attacker, namesOf(20))
      assert.deepEqual(await attack(server(), other, attacker, namesOf(9)), [wrong])
      assert.deepEqual([await slowedOf(server(), one), await slowedOf(server(), other)], [[network], []])
    })

    it('leaves no row in a flood of addresses that each fail for one user', async () => {
      const ids = await givenStuffingPool(server())
      for (const [at, name] of namesOf(200).entries())
        await signInFrom(server(), ids, `2001:${(at + 0x1000).toString(16)}:${at}::1`, name, 'x')
      assert.deepEqual(await slowedOf(server(), ids), [])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(10)), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), [network])
    })

    it('is in the metrics, with what happens to its sign-ins', async () => {
      await using fresh = await startTestServer(engine, { flags: proxied })
      const ids = await givenStuffingPool(fresh)
      await givenUser(fresh, ids.poolId, 'ana')
      assert.equal(await signInFrom(fresh, ids, attacker, 'ana'), 'signed-in')
      await attack(fresh, ids, attacker, namesOf(20))
      assert.equal(await signInFrom(fresh, ids, attacker, 'ana'), 'signed-in')
      const metrics = await readMetrics(fresh.url)
      assert.deepEqual(metrics.valuesOf('lifeguard_slowed_networks'), { '': 1 })
      assert.deepEqual(metrics.valuesOf('lifeguard_slowed_attempts_total'), {
        'outcome=allowed': 6,
        'outcome=refused': 4,
        'outcome=known': 1,
      })
    })
  })

  describe(`The log about networks with failures on ${engine.name}`, () => {
    it('names a slowed network, and nothing of the users', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger, flags: ['--log-level', 'info', ...proxied] })
      const ids = await givenStuffingPool(server)
      await attack(server, ids, attacker, namesOf(12, 'victim@example.test'))
      const about = parsed(lines).filter(({ msg }) => String(msg).includes('one network'))
      assert.deepEqual(
        about.map(({ userPoolId, network, level, failedUsers, signedInUsers }) => [userPoolId, network, level, failedUsers, signedInUsers]),
        [[ids.poolId, network, 1, 10, 0]],
      )
      assert.ok(!JSON.stringify(about).includes('victim'))
    })

    it('has the failures of the network among the reasons of a risk', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger, flags: ['--log-level', 'info', ...proxied] })
      const ids = await givenStuffingPool(server)
      const ThreatProtection = { Stuffing: 'SLOW_DOWN', Thresholds: { Low: -1000, Medium: 900, High: 1000 } }
      await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: ids.poolId, ThreatProtection })
      await givenUser(server, ids.poolId, 'ana')
      for (let count = 0; count < 2; count++) assert.equal(await signInFrom(server, ids, '198.51.100.20', 'ana'), 'signed-in')
      await attack(server, ids, attacker, namesOf(9))
      assert.equal(await signInFrom(server, ids, attacker, 'ana'), 'signed-in')
      const reasons = parsed(lines)
        .filter(({ msg }) => msg === 'A sign-in has a risk.')
        .map((line) => line['reasons'] as Record<string, number>)
      assert.deepEqual(
        reasons.map((points) => points['network-failures']),
        [undefined, 10],
      )
    })
  })

  describe(`Two processes that count the failures of a network on ${engine.name}`, () => {
    it('slow it down together, and both let it go when it is cleared', async () => {
      const database = await engine.createDatabase()
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-stuffing-'))
      const flags = ['--database', database.url, '--data', folder, '--public-url', 'http://localhost:1', ...proxied]
      {
        await using one = await startTestServer(engine, { flags })
        await using other = await startTestServer(engine, { flags })
        const ids = await givenStuffingPool(one)
        await attack(one, ids, attacker, namesOf(5, 'some'))
        assert.deepEqual(await slowedOf(one, ids), [])
        await attack(other, ids, attacker, namesOf(5, 'others'))
        assert.deepEqual(await slowedOf(other, ids), [network])
        for (const { clock } of [one, other]) clock.advance(2000)
        assert.deepEqual(await attack(one, ids, attacker, namesOf(6, 'more')), [wrong])
        for (const server of [one, other]) assert.deepEqual(await attack(server, ids, attacker, namesOf(3, 'further')), [refused])
        await callLifeguard(one, 'ClearSlowedNetwork', { UserPoolId: ids.poolId, Network: network })
        for (const { clock } of [one, other]) clock.advance(2000)
        for (const server of [one, other]) assert.deepEqual(await attack(server, ids, attacker, namesOf(4, server.url)), [wrong])
        for (const server of [one, other]) assert.deepEqual(await slowedOf(server, ids), [])
      }
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    })
  })
}
