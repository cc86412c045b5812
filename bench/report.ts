import { arch, cpus, platform } from 'node:os'
import type { EngineName } from './engines.ts'
import type { Figures } from './measure.ts'
import type { StartUp } from './start-up.ts'

export type Row = Figures & { readonly engine: EngineName | 'bare'; readonly users: number }

export function conditions(): string {
  const processors = cpus()
  return `${processors.length} × ${processors[0]?.model.trim()}, ${platform()} ${arch()}, Node ${process.version}`
}

export function signInTable(rows: readonly Row[]): string {
  const head = ['engine', 'users', 'sign-in', 'load', 'a second', 'p50 ms', 'p99 ms', 'CPU ms', 'floor ms', 'efficiency', 'MB']
  return table(head, rows.map(cells))
}

export function cells({ engine, users, kind, pressure, load, cpuMilliseconds, floorMilliseconds, efficiency, residentMegabytes }: Row) {
  return [
    engine,
    users.toLocaleString('en'),
    kind,
    pressure,
    (load.signIns / load.seconds).toFixed(0),
    load.median.toFixed(1),
    load.p99.toFixed(1),
    cpuMilliseconds.toFixed(2),
    floorMilliseconds.toFixed(2),
    efficiency.toFixed(2),
    residentMegabytes.toFixed(0),
  ]
}

export function startUpTable(startUps: readonly StartUp[]): string {
  const rows = startUps.map(({ what, firstMilliseconds, laterMilliseconds }) => [
    what,
    `${firstMilliseconds} ms`,
    `${laterMilliseconds} ms`,
  ])
  return table(['`dev` is ready', 'first start', 'later (median)'], rows)
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
