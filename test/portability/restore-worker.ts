import { writeSync } from 'node:fs'
import { restoreInto, withCopy } from '../support/backups.ts'

/**
 * A separate process that restores a copy of SOURCE into TARGET. Once it has restored so many rows as the argument says, it prints a line
 * and waits. With 0 it waits when the target is marked but still has no row of the copy.
 */
const { SOURCE = '', SOURCE_KEY = '', TARGET = '', TARGET_KEY = '' } = process.env
const waitsAfter = Number(process.argv[2])

// Keeps the process alive while it waits.
setInterval(() => undefined, 60_000)

async function waitInTheMiddle(): Promise<void> {
  writeSync(1, 'in the middle\n')
  await new Promise(() => undefined)
}

await withCopy({ url: SOURCE, masterKey: SOURCE_KEY }, (content) => {
  async function* parts() {
    if (waitsAfter === 0) await waitInTheMiddle()
    yield* content.parts
  }
  return restoreInto(
    {
      url: TARGET,
      masterKey: TARGET_KEY,
      async onProgress(rows) {
        if (rows >= waitsAfter) await waitInTheMiddle()
      },
    },
    { ...content, parts: parts() },
  )
})
