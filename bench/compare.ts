import { readdirSync, readFileSync } from 'node:fs'
import { table } from './report.ts'

/** One way to do a piece of work. */
export type Variant = { readonly name: string; readonly run: (at: number) => Promise<unknown> }

export type Comparison = {
  readonly title: string
  readonly variants: readonly Variant[]
  /** How many runs of a variant make one round. */
  readonly runs: number
  /** How many runs of a variant are in progress at the same time. */
  readonly concurrency: number
  /** The process id of the PostgreSQL server. With it, the processor time of PostgreSQL is measured, too. */
  readonly postgresPid?: number
}

/** Microseconds for one run: processor time of this process and of PostgreSQL, and time that passed. */
type Cost = { readonly own: number; readonly server: number; readonly elapsed: number }

const rounds = 15

/**
 * Runs the variants in turn, round by round, so that other work on the machine slows all variants down alike. Prints medians over the
 * rounds. Two additional rounds at the beginning only warm up and do not count.
 */
export async function compare(comparison: Comparison): Promise<void> {
  const { title, variants, runs, concurrency } = comparison
  const costs = new Map(variants.map((variant) => [variant, [] as Cost[]]))
  for (let round = -2; round < rounds; round++) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      const cost = await measureRound(comparison, variant)
      if (round >= 0) costs.get(variant)?.push(cost)
    }
  }
  const head = [`${title}, ${concurrency} at a time`, 'CPU µs', 'CPU µs of PostgreSQL', 'elapsed µs', 'quartiles of CPU µs']
  const rows = [...costs].map(([{ name }, found]) => {
    const quantile = (figure: keyof Cost, share: number) =>
      quantileOf(
        found.map((cost) => cost[figure]),
        share,
      ).toFixed(1)
    const medians = [quantile('own', 0.5), comparison.postgresPid === undefined ? '' : quantile('server', 0.5), quantile('elapsed', 0.5)]
    return [name, ...medians, `${quantile('own', 0.25)}–${quantile('own', 0.75)}`]
  })
  console.log(`${table(head, rows)}\n(${rounds} rounds of ${runs})\n`)
}

async function measureRound({ runs, concurrency, postgresPid }: Comparison, { run }: Variant): Promise<Cost> {
  let next = 0
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const server = postgresCpu(postgresPid)
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < runs) await run(next++)
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  return {
    own: (user + system) / runs,
    server: (postgresCpu(postgresPid) - server) / runs,
    elapsed: ((performance.now() - startedAt) * 1000) / runs,
  }
}

const microsecondsPerTick = 10_000

/** Microseconds that the processes of PostgreSQL have used; Linux only. */
function postgresCpu(pid: number | undefined): number {
  if (pid === undefined) return 0
  let ticks = 0
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(entry)
    if (Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks * microsecondsPerTick
}

/** The fields of /proc/<pid>/stat from the state on; empty when the process has ended. */
function statOf(pid: string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
}
