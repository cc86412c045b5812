import { conditions } from '../bench/report.ts'
import type { Fault } from './faults/fault.ts'
import { faultNames, readPlan, usage } from './plan.ts'
import { detailsOf, failuresOf, type Row, table, writeInto } from './report.ts'
import { runSeries } from './series.ts'
import { PostgresStage } from './stage/postgres-stage.ts'
import { SqliteStage } from './stage/sqlite-stage.ts'
import type { Stage } from './stage/stage.ts'

const plan = readPlan(process.argv.slice(2).filter((argument) => argument !== '--help'))
const rows: Row[] = []

function report(row: Row): void {
  rows.push(row)
  console.error(`${row.name}: ${'skipped' in row ? row.skipped : failuresOf(row).join('; ') || 'passed'}`)
  for (const detail of detailsOf(row)) console.error(`  ${detail}`)
}

/** Tries the faults on the stage that `open` opens. Opens no stage if there are no faults to try on it. */
async function run<On extends Stage>(open: () => Promise<On>, faults: readonly Fault<On>[]): Promise<void> {
  if (faults.length === 0) return
  await using stage = await open()
  await runSeries(stage, faults, { seconds: plan.seconds, report })
}

/** Tries the faults. The table goes to standard output, progress to standard error. */
async function runAll(): Promise<void> {
  await run(() => PostgresStage.open(), plan.postgres)
  await run(() => SqliteStage.open(), plan.sqlite)
  console.log(`${conditions()}\n\n${table(rows)}`)
  if (plan.markdown !== undefined) writeInto(plan.markdown, conditions(), rows, faultNames)
  if (rows.some((row) => failuresOf(row).length > 0)) process.exitCode = 1
}

function list(): void {
  for (const { name, title } of [...plan.postgres, ...plan.sqlite]) console.log(`${name.padEnd(24)}${title}`)
}

// Exiting by `process.exit` runs the exit handlers that stop the nodes and the database.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

if (process.argv.includes('--help')) console.log(usage)
else if (plan.isListOnly) list()
else await runAll()
