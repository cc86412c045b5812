import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { rawCall } from '../support/raw-call.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const exported = join(folder, 'exported.txt')

/** A file for `--import` that sets up tracing. The exporter gets spans only once a minute, or when it is told to. */
const setUp = join(folder, 'tracing.mjs')
writeFileSync(
  setUp,
  `
    import { appendFileSync } from 'node:fs'
    import { trace } from '${import.meta.resolve('@opentelemetry/api')}'
    import { BatchSpanProcessor, TracerProvider } from '${import.meta.resolve('@opentelemetry/sdk-trace')}'
    const exporter = {
      export(spans, done) {
        for (const { name } of spans) appendFileSync(${JSON.stringify(exported)}, name + '\\n')
        done({ code: 0 })
      },
      async shutdown() {},
    }
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 60_000 })] }))
  `,
)

describe('A provider that --import registers', () => {
  it('gets the spans of the server, the last ones before the process ends', async () => {
    await using server = new LifeguardProcess(['dev', '--port', '0', '--data', join(folder, 'data')], { NODE_OPTIONS: `--import ${setUp}` })
    const url = await server.url()
    assert.equal((await rawCall({ url }, 'ListUserPools', { MaxResults: 1 })).status, 200)
    assert.equal((await server.stop()).code, 0)
    assert.deepEqual(readFileSync(exported, 'utf8').split('\n').filter(Boolean), ['ListUserPools'])
  })
})
