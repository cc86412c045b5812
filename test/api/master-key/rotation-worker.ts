import { writeSync } from 'node:fs'
import { createLogger } from '../../../src/base/logger.ts'
import { openDatabase } from '../../../src/open-database.ts'
import { rotateMasterKey } from '../../../src/rotate-master-key.ts'
import { readSettings } from '../../../src/settings.ts'

/** A separate process that changes the master key. Once the rows of some users are sealed anew, it prints a line and waits. */
const settings = readSettings({ argv: [], env: process.env, command: 'keys' })
const database = await openDatabase(settings, createLogger({ level: 'silent', format: 'json' }))
const usersAtOnce = 100

// Keeps the process alive while it waits.
setInterval(() => undefined, 60_000)
await rotateMasterKey(database, {
  quietMs: 0,
  report: () => undefined,
  async onBatch(rows) {
    if (rows < usersAtOnce) return
    writeSync(1, 'in the middle\n')
    await new Promise(() => undefined)
  },
})
