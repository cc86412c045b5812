import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../../cli/lifeguard-process.ts'
import { engines } from '../../support/engines.ts'
import { readMetrics } from '../../support/metrics.ts'
import { rawCall } from '../../support/raw-call.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'
import { listAuditRecords } from './audited-calls.ts'

/** More than a pipe holds at once, which is 64 KiB on Linux. */
const manyRecords = 200

const folder = temporaryFolder()
let pipes = 0

function makePipe(): string {
  const path = join(folder, `pipe-${++pipes}`)
  execFileSync('mkfifo', [path])
  return path
}

const failuresOf = async (server: TestServer) => (await readMetrics(server.url)).valuesOf('lifeguard_audit_stream_failures_total')[''] ?? 0
const fails = (server: TestServer, more: number) =>
  until(
    'a failure',
    () => failuresOf(server),
    (failures) => failures > more,
  )

/** Leaves records of refused calls. Each repeats the long name that the request has. */
async function leaveRecords(server: TestServer, count: number): Promise<void> {
  const request = { UserPoolId: 'us-east-1_Nowhere00', Username: 'x'.repeat(256) }
  for (let at = 0; at < count; at++) await rawCall(server, 'AdminDisableUser', request)
}

const idsIn = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).RecordId)

for (const engine of engines) {
  describe(`The stream of audit records into a named pipe on ${engine.name}`, () => {
    it('keeps the records while the pipe has no reader, and delivers them to the next one', async () => {
      const pipe = makePipe()
      await using server = await startTestServer(engine, { flags: ['--audit-stream', pipe, '--log-level', 'silent'] })
      await leaveRecords(server, 1)
      await fails(server, 0)
      const [record] = await listAuditRecords(server, { Operation: 'AdminDisableUser' })
      // The reader waits for a writer. It ends when the writer has closed the pipe.
      assert.deepEqual(idsIn(await readFile(pipe, 'utf8')), [record?.RecordId])
    })

    it('fails after its deadline while the reader does not read, delivers every record once it reads, and stops while it hangs', async () => {
      const pipe = makePipe()
      const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
      const server = await startTestServer(engine, { flags: ['--audit-stream', pipe, '--log-level', 'silent'] })
      try {
        await leaveRecords(server, manyRecords)
        await fails(server, 0)
        const buffer = Buffer.alloc(1 << 20)
        let text = ''
        await until(
          'all records',
          async () => {
            try {
              const count = readSync(reader, buffer)
              text += buffer.toString('utf8', 0, count)
            } catch (error) {
              // The pipe is empty for now.
              assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
            }
            return new Set(idsIn(text)).size
          },
          (size) => size === manyRecords,
        )

        const before = await failuresOf(server)
        await leaveRecords(server, manyRecords)
        await fails(server, before)
      } finally {
        await server.close()
        closeSync(reader)
      }
    })
  })
}
