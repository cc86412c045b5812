import { execFileSync } from 'node:child_process'
import { measureBareServer } from './bare.ts'
import { openEngine } from './engines.ts'
import { measureServer } from './measure.ts'
import { readPlan, usage } from './plan.ts'
import { cells, conditions, type Row, signInTable, startUpTable } from './report.ts'
import type { PasswordStorage } from './seed.ts'
import { ServerProcess } from './server-process.ts'
import type { SignInKind } from './sign-ins.ts'
import { measureStartUp } from './start-up.ts'

const storages: readonly PasswordStorage[] = ['SRP', 'ARGON2ID']
const storageOf = (kind: SignInKind): PasswordStorage => (kind === 'Argon2id' ? 'ARGON2ID' : 'SRP')

/** Measures sign-ins against the built server. The tables go to standard output, progress to standard error. */
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
      for (const storage of storages) {
        const kinds = plan.kinds.filter((kind) => storageOf(kind) === storage)
        if (kinds.length === 0) continue
        console.error(`${name}: creating ${users} users (${storage})`)
        const { options, crowd } = await engine.createDatabase(users, storage)
        await measureServer({ ...plan, kinds }, await ServerProcess.start(options, ['--shed-load=false']), crowd, (figures) =>
          report({ ...figures, engine: name, users }),
        )
      }
    }
  }
  if (plan.engines.includes('sqlite') && plan.kinds.includes('password')) await measureBareServer(plan, report)
  console.log([conditions(), signInTable(rows), startUpTable(startUps)].join('\n\n'))
}

if (process.argv.includes('--help')) console.log(usage)
else await run()
