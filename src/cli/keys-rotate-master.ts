import { SettingsError } from '../settings.ts'
import { type Command, readOperands } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

/** So many of the rows that cannot be read are named. */
const namedRows = 10

const progressMs = 2000

export const keysRotateMaster: Command = {
  name: 'keys rotate-master',
  summary:
    'Change the master key: seal everything under --master-key-file that is sealed under --previous-master-key-file. Servers that have both go on meanwhile. Can be ended at any moment and run again.',
  endsAtOnce: true,

  async run(call) {
    readOperands(call, [], 0)
    await withOpenedDatabase(call, [], async (database) => {
      const [{ rotateMasterKey }, { masterKeyPollMs }] = await Promise.all([
        import('../rotate-master-key.ts'),
        import('../master-key-watch.ts'),
      ])
      const { resealedRows, unreadable } = await rotateMasterKey(database, {
        quietMs: 5 * masterKeyPollMs,
        tell: (line) => console.error(line),
        onBatch: progress(),
      })
      console.log(
        JSON.stringify({ time: new Date().toISOString(), action: 'RotateMasterKey', resealedRows, unreadableRows: unreadable.length }),
      )
      if (unreadable.length > 0) throw new SettingsError(unreadableText(unreadable))
      console.error('Done: nothing is left under the previous master key.')
    })
    return undefined
  },
}

/** A line now and then. */
function progress(): (rows: number) => void {
  let toldAt = performance.now()
  return (rows) => {
    if (performance.now() - toldAt < progressMs) return
    toldAt = performance.now()
    console.error(`${rows} rows sealed anew so far.`)
  }
}

function unreadableText(rows: readonly string[]): string {
  const names = rows.slice(0, namedRows).join(', ')
  return `Nothing that can be opened is left under the previous master key. But something in ${rows.length} rows opens under neither key, and did not before: ${names}`
}
