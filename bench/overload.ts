import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type EngineName, engineNames, openEngine } from './engines.ts'
import { Flood } from './flood.ts'
import { HttpConnection } from './http-connection.ts'
import { conditions, table } from './report.ts'
import { ServerProcess } from './server-process.ts'
import { type Crowd, signInOf } from './sign-ins.ts'

const usage = 'npm run bench:overload -- [--engines sqlite,postgres] [--times 10] [--seconds 8] [--connections 1000] [--patient]'

const users = 1_000
const warmUpSeconds = 10
const quietSignIns = 300

/** Measures password sign-ins while far more of them arrive than the server can answer. */
async function run(): Promise<void> {
  const option = { type: 'string' } as const
  const { values } = parseArgs({
    options: { engines: option, times: option, seconds: option, connections: option, patient: { type: 'boolean', default: false } },
  })
  const engines = engineNames.filter((name) => values.engines?.split(',').includes(name) ?? true)
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  const load = {
    times: Number(values.times ?? 10),
    seconds: Number(values.seconds ?? 8),
    connections: Number(values.connections ?? 1000),
    patient: values.patient,
  }
  const rows: string[][] = []
  for (const name of engines) {
    await using engine = await openEngine(name)
    const { options, crowd } = await engine.createDatabase(users)
    const server = await ServerProcess.start(options)
    try {
      rows.push(...(await measure(name, server, crowd, load)))
    } finally {
      await server.stop()
    }
  }
  console.log([conditions(), table(head, rows)].join('\n\n'))
}

const head = [
  'engine',
  'load',
  'a second',
  'not sent a second',
  'accepted a second',
  'CPU ms for each accepted',
  'p50 ms',
  'p99 ms',
  'rejected: p50 ms',
  'p99 ms',
  'failed',
  '/healthz p99 ms',
  'MB',
  'recovery ms',
]

type Load = { readonly times: number; readonly seconds: number; readonly connections: number; readonly patient: boolean }

async function measure(engine: EngineName, server: ServerProcess, crowd: Crowd, load: Load): Promise<string[][]> {
  const { times, seconds, connections, patient } = load
  const flood = new Flood()
  try {
    const capacity = await findCapacity(flood, server, crowd)
    const quiet = await signInsOneByOne(server.url, crowd, quietSignIns)
    const memory = (await server.usage()).residentMegabytes.toFixed(0)
    const quietRow = [engine, 'one at a time', '', '', '', '', at(quiet, 0.5), at(quiet, 0.99), '', '', '', '', memory, '']
    const most = capacity.perSecond.toFixed(0)
    const fullRow = [engine, 'capacity', most, '', most, capacity.cpuMilliseconds.toFixed(2), '', '', '', '', '', '', memory, '']
    const before = await server.usage()
    const task = { url: server.url, crowd, perSecond: times * capacity.perSecond, seconds, connections, patient }
    const [watch, reply] = await watchDuring(server, flood.run(task))
    const cpuMilliseconds = (await server.usage()).cpuMilliseconds - before.cpuMilliseconds
    const recovery = await recoveryTime(server.url, crowd, 3 * quantile(quiet, 0.5))
    const { accepted, shed, failed, unsent } = reply
    const offered = (accepted.length + shed.length + failed) / reply.seconds
    const loadRow = [
      engine,
      `${times} × capacity`,
      offered.toFixed(0),
      (unsent / reply.seconds).toFixed(0),
      (accepted.length / reply.seconds).toFixed(0),
      (cpuMilliseconds / accepted.length).toFixed(2),
      at(accepted, 0.5),
      at(accepted, 0.99),
      at(shed, 0.5),
      at(shed, 0.99),
      String(failed),
      at(watch.health, 0.99),
      watch.megabytes.toFixed(0),
      recovery.toFixed(0),
    ]
    return [quietRow, fullRow, loadRow]
  } finally {
    flood.close()
  }
}

type Capacity = { readonly perSecond: number; readonly cpuMilliseconds: number }

/** The highest rate of answered sign-ins while the offered rate rises, after V8 has compiled the busy functions. */
async function findCapacity(flood: Flood, server: ServerProcess, crowd: Crowd): Promise<Capacity> {
  let most: Capacity = { perSecond: 0, cpuMilliseconds: 0 }
  await flood.run({ url: server.url, crowd, perSecond: 300, seconds: warmUpSeconds })
  for (const perSecond of [400, 600, 800, 1000, 1300, 1700, 2200, 3000, 4000]) {
    const before = await server.usage()
    const { accepted, seconds } = await flood.run({ url: server.url, crowd, perSecond, seconds: 2 })
    const cpuMilliseconds = ((await server.usage()).cpuMilliseconds - before.cpuMilliseconds) / accepted.length
    const rate = accepted.length / seconds
    if (rate < most.perSecond * 0.95) break
    if (rate > most.perSecond) most = { perSecond: rate, cpuMilliseconds }
  }
  return most
}

async function signInsOneByOne(url: string, crowd: Crowd, count: number): Promise<number[]> {
  const signIn = signInOf('password', crowd)
  const connection = new HttpConnection(url)
  const waits: number[] = []
  for (let done = 0; done < count; done++) waits.push(await signIn(connection))
  connection.close()
  return waits
}

/** Until `going` resolves, requests /healthz ten times a second and reads the memory of the server once a second. */
async function watchDuring<T>(server: ServerProcess, going: Promise<T>): Promise<[{ health: number[]; megabytes: number }, T]> {
  const watch = { health: [] as number[], megabytes: 0 }
  let over = false
  const watching = (async () => {
    for (let looks = 0; !over; looks++) {
      const start = performance.now()
      await (await fetch(`${server.url}/healthz`)).text()
      watch.health.push(performance.now() - start)
      // Only every tenth time, because collecting the metrics takes a few milliseconds itself.
      if (looks % 10 === 0) watch.megabytes = Math.max(watch.megabytes, (await server.usage()).residentMegabytes)
      await delay(100)
    }
  })()
  const result = await going
  over = true
  await watching
  return [watch, result]
}

/** Milliseconds until sign-ins take at most `quickMs` again: until the first of five such sign-ins in a row. */
async function recoveryTime(url: string, crowd: Crowd, quickMs: number): Promise<number> {
  const signIn = signInOf('password', crowd)
  const start = performance.now()
  let recoveredAt = start
  for (let quick = 0; quick < 5 && performance.now() - start < 30_000; ) {
    const connection = new HttpConnection(url)
    const waited = await signIn(connection).catch(() => Number.POSITIVE_INFINITY)
    connection.close()
    quick = waited <= quickMs ? quick + 1 : 0
    if (quick === 0) recoveredAt = performance.now()
  }
  return recoveredAt - start
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const at = (values: readonly number[], share: number) => quantile(values, share).toFixed(1)

if (process.argv.includes('--help')) console.log(usage)
else await run()
