import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { startCluster } from '../test/support/postgres.ts'
import { flag } from './dev-server.ts'
import { engineNames } from './engines.ts'
import { conditions, table } from './report.ts'
import type { TestingRun, TestingTimes } from './testing-process.ts'

const usage = `Measures how long a server for tests takes to start and to be reset, with the built package.

  npm run bench:testing -- [--engines=sqlite,postgres]`

/** Builds the package. Each line of the table has a process of its own, as each test file has. */
async function run(): Promise<void> {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  const chosen = flag('engines')?.split(',') ?? engineNames
  const rows: string[][] = []
  for (const engine of engineNames.filter((name) => chosen.includes(name))) {
    const cluster = engine === 'postgres' ? await startCluster({ durable: true }) : undefined
    try {
      for (const run of ['in-process', 'child-process'] as const) {
        for (const hasFile of [false, true]) {
          const { starts, resets } = await measure({ run, hasFile, clusterUrl: cluster?.url })
          rows.push([engine, run, hasFile ? 'yes' : 'no', ...firstAndMedian(starts), ...firstAndMedian(resets)])
          console.error(rows.at(-1)?.join('  '))
        }
      }
    } finally {
      await cluster?.stop()
    }
  }
  const head = ['engine', 'server', '`--apply`', 'first start ms', 'later (median)', 'first reset ms', 'later (median)']
  console.log([conditions(), table(head, rows)].join('\n\n'))
}

async function measure(run: TestingRun): Promise<TestingTimes> {
  const child = fork(new URL('./testing-process.ts', import.meta.url))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The process that measures ended with code ${code}.`)
  })
  ended.catch(() => undefined)
  child.send(run)
  const [times] = (await Promise.race([once(child, 'message'), ended])) as [TestingTimes]
  await ended.catch(() => undefined)
  return times
}

function firstAndMedian([first = Number.NaN, ...later]: readonly number[]): string[] {
  const sorted = later.toSorted((left, right) => left - right)
  const half = sorted.length / 2
  const median = ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2
  return [first.toFixed(0), median.toFixed(0)]
}

if (process.argv.includes('--help')) console.log(usage)
else await run()
