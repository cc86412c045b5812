import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sweepAuditRecords } from '../../../src/audit/audit-repository.ts'
import { startAuditStream } from '../../../src/audit/stream/audit-stream.ts'
import { createStreamDestination } from '../../../src/audit/stream/destination.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { LifeguardProcess } from '../../cli/lifeguard-process.ts'
import { startPeer } from '../../faults/http-peer.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { readMetrics } from '../../support/metrics.ts'
import { rawCall } from '../../support/raw-call.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'
import { listAuditRecords, namingKey } from './audited-calls.ts'

const cannotDeliver = 'The audit stream cannot deliver. It tries again until it can.'
const secret = Buffer.alloc(32, 5)

const parse = (lines: string) =>
  lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

/** Creates a pool, which leaves one record. */
async function createPool(server: Pick<TestServer, 'url'>, name: string): Promise<void> {
  const { status, text } = await rawCall(server, 'CreateUserPool', { PoolName: name }, namingKey('AKIASTREAM'))
  assert.equal(status, 200, text)
}

type StreamOptions = Pick<Parameters<typeof startAuditStream>[0], 'clock' | 'logger' | 'holder'>

/** The stream of another process, whose clock says that the lease of the first process has ended. */
const startNextStream = (databaseUrl: string, target: string) =>
  startStream(databaseUrl, target, {
    clock: { now: () => Date.now() + 60_000 },
    logger: recordingLogger().logger,
    holder: 'next',
  })

async function startStream(databaseUrl: string, target: string, options: StreamOptions) {
  const storage = await openStorage({ url: databaseUrl })
  const stream = startAuditStream({
    ...options,
    db: storage.db,
    destination: createStreamDestination({ target, secret: undefined }),
    countFailure: () => undefined,
  })
  return {
    async [Symbol.asyncDispose]() {
      await stream.close()
      await storage.close()
    },
  }
}

for (const engine of engines) {
  describe(`The stream of audit records on ${engine.name}`, () => {
    it('appends each record to a file, which may be rotated and which only its owner can read', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-audit-'))
      const file = join(folder, 'audit.jsonl')
      const linesIn = (path: string) =>
        until(
          'a line in the file',
          async () => parse(readFileSync(path, 'utf8')),
          (lines) => lines.length > 0,
        )
      try {
        await using server = await startTestServer(engine, { flags: ['--audit-stream', file] })
        await createPool(server, 'first')
        const [first] = await linesIn(file)
        const [record] = await listAuditRecords(server, { AccessKeyId: 'AKIASTREAM' })
        assert.ok(record)
        assert.deepEqual(first, { type: 'audit', ...record, At: new Date(record.At * 1000).toISOString() })
        assert.equal(statSync(file).mode & 0o777, 0o600)

        renameSync(file, `${file}.1`)
        await createPool(server, 'second')
        assert.equal((await linesIn(file)).length, 1)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })

    it('begins a new line in a file whose last line is torn', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-audit-'))
      const file = join(folder, 'audit.jsonl')
      try {
        writeFileSync(file, '{"type":"audit","Rec')
        await using server = await startTestServer(engine, { flags: ['--audit-stream', file] })
        await createPool(server, 'after a crash')
        const [torn, whole] = await until(
          'a second line',
          async () => readFileSync(file, 'utf8').split('\n').filter(Boolean),
          ({ length }) => length > 1,
        )
        assert.equal(torn, '{"type":"audit","Rec')
        assert.equal(JSON.parse(whole ?? '').Operation, 'CreateUserPool')
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })

    it('posts batches of records to a URL, signed, and again after an error until they are accepted', async () => {
      await using peer = await startPeer({ status: 503 }, { status: 204 })
      const { lines: warnings, logger } = recordingLogger('info')
      const flags = ['--audit-stream', `${peer.url}/audit`, '--audit-stream-secret', `whsec_${secret.toString('base64')}`]
      await using server = await startTestServer(engine, { flags, logger })
      await createPool(server, 'posted')
      const delivered = await until(
        'an accepted batch',
        async () => peer.requests,
        ({ length }) => length >= 2,
      )
      const [refused, accepted] = delivered
      assert.ok(refused && accepted)
      assert.equal(refused.body, accepted.body)
      assert.equal(refused.headers['webhook-id'], accepted.headers['webhook-id'])
      assert.deepEqual(
        parse(accepted.body).map(({ Operation, AccessKeyId }) => [Operation, AccessKeyId]),
        [['CreateUserPool', 'AKIASTREAM']],
      )
      const signed = `${accepted.headers['webhook-id']}.${accepted.headers['webhook-timestamp']}.${accepted.body}`
      const signature = createHmac('sha256', secret).update(signed).digest('base64')
      assert.equal(accepted.headers['webhook-signature'], `v1,${signature}`)
      assert.equal(accepted.headers['content-type'], 'application/x-ndjson')
      await until(
        'all are delivered',
        async () => (await readMetrics(server.url)).valuesOf('lifeguard_audit_stream_oldest_age_seconds')[''],
        (age) => age === 0,
      )
      assert.equal((await readMetrics(server.url)).valuesOf('lifeguard_audit_stream_failures_total')[''], 1)
      assert.equal(warnings.filter((line) => line.includes('The audit stream cannot deliver')).length, 1)
      assert.equal(peer.requests.length, 2)
    })

    it('says that another process delivers now, if that process took the lease after a failure', async () => {
      await using peer = await startPeer({ status: 503 })
      await using target = await startPeer({ status: 204 })
      await using server = await startTestServer(engine)
      await createPool(server, 'taken')
      const { lines, logger } = recordingLogger('info')
      await using _first = await startStream(server.databaseUrl, peer.url, { clock: { now: Date.now }, logger, holder: 'first' })
      await until('a failure', async () => lines.length)
      // So far ahead that it takes the lease between two attempts of the first, and not so far that the first takes it back.
      const clock = { now: () => Date.now() + 14_000 }
      await using _next = await startStream(server.databaseUrl, target.url, { clock, logger: recordingLogger().logger, holder: 'next' })
      await until(
        'a second line',
        async () => lines,
        ({ length }) => length > 1,
      )
      const [failed, taken] = parse(lines.join(''))
      assert.deepEqual([failed.msg, taken.msg, lines.length], [cannotDeliver, 'Another process has taken over the audit stream.', 2])
    })

    it('writes records to standard output', async () => {
      const database = await engine.createDatabase()
      try {
        await using child = new LifeguardProcess(['dev', '--port', '0', '--audit-stream', 'stdout', '--database', database.url])
        await createPool({ url: await child.url() }, 'printed')
        const [line] = await child.says(/^\{"type":"audit".*$/m)
        assert.equal(JSON.parse(line).Operation, 'CreateUserPool')
      } finally {
        await database.drop()
      }
    })

    it('counts a delivery as failed when standard output hangs, goes on when it is read again, and can be stopped meanwhile', async () => {
      const database = await engine.createDatabase()
      try {
        const flags = ['--audit-stream', 'stdout', '--log-level', 'silent', '--database', database.url]
        await using child = new LifeguardProcess(['dev', '--port', '0', ...flags])
        const url = await child.url()
        child.child.stdout?.pause()
        // More than the pipe and the reader hold. A record of a refused call repeats the name that the request has.
        const request = { UserPoolId: 'us-east-1_Nowhere00', Username: 'x'.repeat(256) }
        const failures = async () => (await readMetrics(url)).valuesOf('lifeguard_audit_stream_failures_total')[''] ?? 0
        while ((await failures()) === 0) await rawCall({ url }, 'AdminDisableUser', request)
        child.child.stdout?.resume()
        await until(
          'all are delivered',
          async () => (await readMetrics(url)).valuesOf('lifeguard_audit_stream_oldest_age_seconds')[''],
          (age) => age === 0,
        )
        const before = await failures()
        child.child.stdout?.pause()
        while ((await failures()) === before) await rawCall({ url }, 'AdminDisableUser', request)
        child.child.kill('SIGTERM')
        await once(child.child, 'exit')
        child.child.stdout?.resume()
      } finally {
        await database.drop()
      }
    })

    it('keeps old records that it could not deliver; without a stream, the sweep deletes them', async () => {
      await using peer = await startPeer({ status: 500 })
      await using server = await startTestServer(engine, { flags: ['--audit-stream', peer.url, '--log-level', 'silent'] })
      await createPool(server, 'kept')
      await until('an attempt', async () => peer.requests.length)
      const { db, close } = await openStorage({ url: server.databaseUrl })
      const before = server.clock.now() + 1
      assert.equal(await sweepAuditRecords(db, { before, isStreamed: true }, 10), 0)
      assert.equal(await sweepAuditRecords(db, { before, isStreamed: false }, 10), 1)
      await close()
    })
  })

  describe(`A process that is killed before its audit records are delivered, on ${engine.name}`, () => {
    for (const [when, answer] of [
      ['before the target accepts a record', { status: 503 }],
      ['while the target has a record but has not answered', 'hang'],
    ] as const) {
      it(`leaves the record to the next process, if it is killed ${when}`, async () => {
        await using peer = await startPeer(answer)
        await using target = await startPeer({ status: 200 })
        const database = await engine.createDatabase()
        try {
          {
            await using child = new LifeguardProcess(['dev', '--port', '0', '--audit-stream', peer.url, '--database', database.url])
            await createPool({ url: await child.url() }, 'killed')
            await until('an attempt', async () => peer.requests.length)
            child.child.kill('SIGKILL')
          }
          await using _next = await startNextStream(database.url, target.url)
          const [request] = await until(
            'a delivery',
            async () => target.requests,
            ({ length }) => length > 0,
          )
          assert.deepEqual(
            parse(request?.body ?? '').map(({ Operation }) => Operation),
            ['CreateUserPool'],
          )
        } finally {
          await database.drop()
        }
      })
    }
  })
}
