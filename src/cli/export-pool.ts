import { writeFile } from 'node:fs/promises'
import { systemClock } from '../base/clock.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import { type Command, readOperands, readOwnFlag } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

const ownFlags: readonly SettingSpec[] = [
  { flag: 'out', type: { kind: 'path' }, value: 'FILE', help: 'The new file. Default: the standard output.' },
  {
    flag: 'secrets',
    type: { kind: 'flag' },
    help: 'Write secrets into the file. Without it the file refers to environment variables, whose names are printed.',
  },
]

export const exportPoolCommand: Command = {
  name: 'export pool',
  operands: 'ID',
  summary: 'Write a user pool or an identity pool, without its users, as a file in YAML that `apply` takes.',
  ownFlags,

  async run(call) {
    const [id = ''] = readOperands(call, ownFlags, 1)
    const out = parseFlags(call.argv, [...Object.values(settingsTable), ...ownFlags]).values.get('out')
    const withSecrets = readOwnFlag(call, ownFlags, 'secrets')
    await withOpenedDatabase(call, ownFlags, async (database, settings) => {
      const { runExport } = await import('../run-apply.ts')
      const { text, variables } = await runExport({ database, settings, clock: systemClock, id, withSecrets })
      if (variables.length > 0) console.error(`The file refers to these environment variables: ${variables.join(', ')}`)
      if (out === undefined) process.stdout.write(text)
      else await write(out, text)
    })
    return undefined
  },
}

/** The file may have secrets, so that only its owner may read it. An existing file stays. */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new SettingsError(`--out: ${file} cannot be written (${(error as NodeJS.ErrnoException).code}).`)
  }
}
