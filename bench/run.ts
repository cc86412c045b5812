import { execFileSync } from 'node:child_process'
import { measureBareServer } from './bare.ts'
import { openEngine } from './engines.ts'
import { measureServer } from './measure.ts'
import { readPlan, usage } from './plan.ts'
import { cells, conditions, type Row, signInTable, startUpTable } from './report.ts'
import { ServerProcess } from './server-process.ts'
import { measureStartUp } from './start-up.ts'

/** Measures sign-ins against the compiled server. The tables go to standard output, progress to standard error. */
async function run(): Promise<void> {
  const plan = readPlan(process.argv.slice(2))
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  const startUps = await measureStartUp()
  const rows: Row[] = []
  const report = (row: Row) => {
    rows.push(row)
    console.error(cells(row).join('  '))
  }
  for (const name of plan.engines) {
    await using engine = await openEngine(name)
    for (const users of plan.users) {
      console.error(`${name}: creating ${users} users`)
      const { options, crowd } = await engine.createDatabase(users)
      await measureServer(plan, await ServerProcess.start(options, ['--shed-load=false']), crowd, (figures) =>
        report({ ...figures, engine: name, users }),
      )
    }
  }
  if (plan.engines.includes('sqlite')) await measureBareServer(plan, report)
  console.log([conditions(), signInTable(rows), startUpTable(startUps)].join('\n\n'))
}

if (process.argv.includes('--help')) console.log(usage)
else await run()
