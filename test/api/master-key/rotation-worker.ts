import { writeSync } from 'node:fs'
import { createLogger } from '../../../src/base/logger.ts'
import { openDatabase } from '../../../src/open-database.ts'
import { rotateMasterKey } from '../../../src/rotate-master-key.ts'
import { readSettings } from '../../../src/settings.ts'

/** A process of its own that changes the master key. Once some users are sealed anew, it says so and stands still. */
const settings = readSettings({ argv: [], env: process.env, command: 'keys' })
const vault = await openDatabase(settings, createLogger({ level: 'silent', form: 'json' }))
const usersAtOnce = 100

// Nothing else keeps the process alive while it stands in the middle.
setInterval(() => undefined, 60_000)
await rotateMasterKey(vault, {
  quietMs: 0,
  tell: () => undefined,
  async onBatch(rows) {
    if (rows < usersAtOnce) return
    writeSync(1, 'in the middle\n')
    await new Promise(() => undefined)
  },
})
