import type { OpenedDatabase } from '../open-database.ts'
import { SettingsError } from '../settings.ts'
import { type Command, readOperands } from './command.ts'
import { createProgress } from './progress.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

/** The most unreadable rows that the error names. */
const maxNamedRows = 10

export const keysRotateMaster: Command = {
  name: 'keys rotate-master',
  summary:
    'Change the master key: seal everything that is sealed under --previous-master-key-file anew under --master-key-file. Servers that have both keys keep running. The command can be stopped at any moment and run again.',
  endsAtOnce: true,

  async run(call) {
    readOperands(call, [], 0)
    const rotate = async (database: OpenedDatabase) => {
      const [{ rotateMasterKey }, { masterKeyPollMs }] = await Promise.all([
        import('../rotate-master-key.ts'),
        import('../master-key-watch.ts'),
      ])
      const { resealedRows, unreadable } = await rotateMasterKey(database, {
        quietMs: 5 * masterKeyPollMs,
        report: (line) => console.error(line),
        onBatch: createProgress((rows) => `${rows} rows were sealed anew so far.`),
      })
      console.log(
        JSON.stringify({ time: new Date().toISOString(), action: 'RotateMasterKey', resealedRows, unreadableRows: unreadable.length }),
      )
      if (unreadable.length > 0) throw new SettingsError(unreadableText(unreadable))
      console.error('Done: no value is left under the previous master key.')
    }
    await withOpenedDatabase(call, [], rotate, { followsMasterKey: true })
    return undefined
  },
}

function unreadableText(rows: readonly string[]): string {
  const names = rows.slice(0, maxNamedRows).join(', ')
  return `No value that can be opened is left under the previous master key. But ${rows.length} rows have values that open under neither key, and did not open before: ${names}`
}
