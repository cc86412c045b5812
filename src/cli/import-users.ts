import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { SettingSpec } from '../setting-spec.ts'
import { readSettings, SettingsError } from '../settings.ts'
import { type Command, type CommandCall, readOperands } from './command.ts'
import { importFlags, readImportFlags } from './import-flags.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

const ownFlags: readonly SettingSpec[] = importFlags

export const importUsers: Command = {
  name: 'import users',
  operands: 'FILE',
  summary:
    'Bring people in with their passwords, from a file of Lifeguard, Auth0, Firebase, Keycloak, FusionAuth or Kratos. Servers keep running. The command can be stopped at any moment and run again.',
  ownFlags,
  endsAtOnce: true,

  async run(call) {
    const [file = ''] = readOperands(call, ownFlags, 1)
    const { jobName, report, ...flags } = readImportFlags(call)
    const name = jobName ?? (await nameOf(file, flags.isDryRun))
    await withOpenedDatabase(call, ownFlags, async (database) => {
      const { writeReport } = await import('./import-report.ts')
      const { job, db } = await importInto(call, database, { ...flags, file, jobName: name })
      if (report !== undefined) await writeReport(db, job, report)
      console.log(JSON.stringify({ time: new Date().toISOString(), action: 'ImportUsers', ...summaryOf(job) }))
      if (job.status !== 'Succeeded')
        throw new SettingsError(`The import has ended as ${job.status}: ${job.message ?? 'no reason is known'}`)
    })
    return undefined
  },
}

type Opened = Parameters<Parameters<typeof withOpenedDatabase>[2]>[0]
type Import = Omit<ReturnType<typeof readImportFlags>, 'jobName' | 'report'> & { readonly file: string; readonly jobName: string }

async function importInto(call: CommandCall, { storage, secrets }: Opened, request: Import) {
  const settings = readSettings({ ...call, command: 'keys', ownFlags })
  const [{ ApiError }, { createLogger }, { systemClock }, { createPoolCatalog }, { quotasWith }, { ImportRefusedError, runImport }] =
    await Promise.all([
      import('../contract/api-error.ts'),
      import('../base/logger.ts'),
      import('../base/clock.ts'),
      import('../pools/pool-catalog.ts'),
      import('../pools/quotas.ts'),
      import('../portability/import/run-import.ts'),
    ])
  const { db } = storage
  const pools = createPoolCatalog({ ...storage, secrets, clock: systemClock })
  const logger = createLogger({ level: 'error', format: 'text' })
  // Without a public URL only pools with a domain or a relying party of their own can take passkeys.
  const publicUrl = settings.publicUrl ?? 'http://127.0.0.1'
  const deps = { db, secrets, clock: systemClock, pools, quotas: quotasWith(settings.quotas), publicUrl, logger }
  try {
    return { db, job: await runImport(deps, { ...request, progress: (line) => console.error(line) }) }
  } catch (error) {
    if (error instanceof ImportRefusedError || error instanceof ApiError) throw new SettingsError(error.message)
    throw error
  } finally {
    pools.close()
  }
}

/** A name by which the same command finds its job again: another file, or a changed one, gets another job. */
async function nameOf(file: string, isDryRun: boolean): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  } catch (error) {
    throw new SettingsError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  const shown = basename(file)
    .replaceAll(/[^\w.-]/g, '-')
    .slice(0, 80)
  return `${shown} ${hash.digest('hex').slice(0, 16)}${isDryRun ? ' dry run' : ''}`
}

type Ended = Awaited<ReturnType<typeof importInto>>['job']

function summaryOf({ id, name, status, isDryRun, imported, skipped, failed, message }: Ended) {
  return { jobId: id, jobName: name, status, dryRun: isDryRun, imported, skipped, failed, ...(message !== null && { message }) }
}
