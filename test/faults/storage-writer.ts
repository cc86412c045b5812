import { writeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Db } from '../../src/storage/db.ts'
import { openStorage } from '../../src/storage/open-storage.ts'

/** A process that writes pairs of rows without end, or `count` of them, and prints the result of each. */
const [url = '', writer = '', count = 'Infinity'] = process.argv.slice(2)

const storage = await openStorage({ url })
let next = 0
const lane = async () => {
  while (next < Number(count)) {
    const name = `${writer}-${next++}`
    const outcome = await writePair(storage.db, name).then(
      () => 'stored',
      () => 'refused',
    )
    // Synchronously, so that the line is written before the process can be killed.
    writeSync(1, `${outcome} ${name}\n`)
    // A loop of rejected writes must not keep the process from handling a signal.
    await nextTurn()
  }
}
await Promise.all(Array.from({ length: 8 }, lane))
await storage.close()

function writePair(db: Db, name: string): Promise<void> {
  return db.transaction().execute(async (tx) => {
    for (const half of ['left', 'right']) {
      await tx
        .insertInto('installation')
        .values({ name: `${name} ${half}`, value: 'x'.repeat(500) })
        .execute()
    }
  })
}
