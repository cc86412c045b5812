import { systemClock } from '../base/clock.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import { type Command, readOperands, readOwnFlag } from './command.ts'
import { createProgress } from './progress.ts'
import { readSealing, sealingFlags } from './sealing-flags.ts'
import { withOpenedDatabase } from './with-opened-database.ts'
import { withPortabilityErrors } from './with-portability-errors.ts'

const ownFlags: readonly SettingSpec[] = [
  ...sealingFlags,
  { flag: 'pool', type: { kind: 'text' }, value: 'ID', help: 'Back up only this user pool.' },
  {
    flag: 'overwrite',
    type: { kind: 'flag' },
    help: 'Replace FILE if it exists. The old file stays until the new one is complete and verified.',
  },
]

export const backup: Command = {
  name: 'backup',
  operands: 'FILE',
  summary:
    'Write a sealed copy of the whole database, or of one user pool, to FILE, while servers run. It contains all users with their passwords and factors, sessions, keys and settings. FILE is read back and verified.',
  ownFlags,
  endsAtOnce: true,

  async run(call) {
    const [file = ''] = readOperands(call, ownFlags, 1)
    const overwrite = readOwnFlag(call, ownFlags, 'overwrite')
    const poolId = parseFlags(call.argv, [...Object.values(settingsTable), ...ownFlags]).values.get('pool')
    const sealing = readSealing(call, ownFlags)
    await withPortabilityErrors(async () => {
      const [{ withSnapshot }, { requireMissing, writeBackupFile }, { requireRecipients }, { sealedTables }, { recordCommand }] =
        await Promise.all([
          import('../portability/snapshot/snapshot.ts'),
          import('../portability/container/write-backup-file.ts'),
          import('../portability/container/sealing.ts'),
          import('../sealed-tables.ts'),
          import('../audit/audit-trail.ts'),
        ])
      if ('recipients' in sealing) requireRecipients(sealing.recipients)
      if (!overwrite) await requireMissing(file)
      await withOpenedDatabase(call, ownFlags, async ({ storage, keyRing }) => {
        const scope = poolId === undefined ? ({ kind: 'everything' } as const) : ({ kind: 'pool', poolId } as const)
        const onProgress = createProgress((rows) => `${rows} rows were written so far.`)
        const manifest = await withSnapshot({ storage, keyRing, sealedTables, scope, clock: systemClock }, (content) =>
          writeBackupFile(file, content, sealing, { overwrite, onProgress }),
        )
        const detail = `to a file; ${poolId === undefined ? 'everything' : `user pool ${poolId}`}`
        await storage.db.transaction().execute((tx) => recordCommand(tx, systemClock, { operation: 'Backup', detail }))
        const { summarize } = await import('../portability/container/manifest-text.ts')
        console.log(JSON.stringify({ file, ...summarize(manifest) }))
        console.error('The backup was written, read back and verified. Keep its passphrase or identity in another place.')
      })
    })
    return undefined
  },
}
