import { readFileSync, writeFileSync } from 'node:fs'
import type { Observation } from './clients/observations.ts'
import type { Verdict } from './clients/verify.ts'
import { recoveryDeadlineSeconds } from './faults/fault.ts'
import { seconds } from './measure/readiness.ts'
import type { Recovery } from './measure/recovery.ts'

/** The result of one fault. */
type Result = {
  readonly name: string
  readonly title: string
  readonly calls: string
  readonly readiness: string
  readonly recovery: Recovery
  readonly verdict: Verdict
  /** Exits of nodes that the fault did not cause. */
  readonly unexpectedExits: readonly string[]
  readonly remarks: readonly string[]
  readonly failures: readonly string[]
}

export type Row = Result | { readonly name: string; readonly title: string; readonly skipped: string }

/** The reasons why the row makes the series fail; empty if it does not. */
export function failuresOf(row: Row): string[] {
  if ('skipped' in row) return []
  const { recovery, verdict, unexpectedExits, failures } = row
  const found = [...failures, ...unexpectedExits.map((exit) => exit.split(':')[0] ?? '')]
  if (verdict.lost.length > 0) found.push(`${verdict.lost.length} acknowledged writes lost`)
  if (verdict.doubled.length > 0) found.push(`${verdict.doubled.length} writes doubled`)
  // A node that has exited cannot recover, and its exit is a failure already.
  const isRecovered = recovery.everyNode !== undefined && recovery.fullRate !== undefined
  if (!isRecovered && unexpectedExits.length === 0) found.push(`not recovered within ${recoveryDeadlineSeconds} s`)
  return found
}

/** The unexpected exits, lost writes and doubled writes of a row. They are too long for the table. */
export function detailsOf(row: Row): string[] {
  return 'skipped' in row ? [] : [...row.unexpectedExits, ...row.verdict.lost, ...row.verdict.doubled]
}

export function describeCalls(observations: readonly Observation[]): string {
  const counts = new Map<string, number>()
  for (const { outcome } of observations) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const good = counts.get('ok') ?? 0
  counts.delete('ok')
  const failed = [...counts].sort(([, left], [, right]) => right - left).map(([outcome, count]) => `${outcome} × ${count}`)
  const longest = Math.max(0, ...observations.map(({ startedAt, endedAt }) => endedAt - startedAt))
  return [`${good} of ${observations.length} calls good`, ...failed, `longest wait ${seconds(longest)}`].join('; ')
}

const head = ['fault', 'what clients saw', '`/readyz`', 'every node answers', 'full rate', 'acknowledged writes', 'remarks']
const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

export function table(rows: readonly Row[]): string {
  return tableOf(rows.map((row) => line(cellsOf(row))))
}

function tableOf(lines: readonly string[]): string {
  return [line(head), line(head.map(() => '---')), ...lines].join('\n')
}

function cellsOf(row: Row): string[] {
  const fault = `${row.title} (\`${row.name}\`)`
  if ('skipped' in row) return [fault, 'not tried', '', '', '', '', row.skipped]
  const { calls, readiness, recovery, verdict, remarks } = row
  const { acknowledged, lost, doubled } = verdict
  const after = (time: number | undefined) => (time === undefined ? 'no' : `after ${seconds(time)}`)
  const writes = `${acknowledged}: ${lost.length} lost, ${doubled.length} doubled`
  const failures = failuresOf(row).map((failure) => `**${failure}**`)
  return [fault, calls, readiness, after(recovery.everyNode), after(recovery.fullRate), writes, [...failures, ...remarks].join('; ')]
}

const begin = '<!-- chaos: begin -->'
const end = '<!-- chaos: end -->'

/** Replaces the text between the markers of a document. The rows of faults that were not tried this time are kept. */
export function writeInto(path: string, conditions: string, rows: readonly Row[], order: readonly string[]): void {
  const document = readFileSync(path, 'utf8')
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${path} has no ${begin} … ${end}.`)
  const newLines = new Map(rows.map((row) => [row.name, line(cellsOf(row))]))
  const oldLines = document.slice(from, to).split('\n')
  const lineOf = (name: string) => newLines.get(name) ?? oldLines.find((text) => text.includes(`(\`${name}\`) |`))
  const text = `${conditions}\n\n${tableOf(order.flatMap((name) => lineOf(name) ?? []))}`
  writeFileSync(path, `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`)
}
