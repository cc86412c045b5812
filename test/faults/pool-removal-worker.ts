import { writeSync } from 'node:fs'
import { createPoolRemoval } from '../../src/pools/pool-deletion-repository.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { startSweeper } from '../../src/storage/sweeper.ts'

/**
 * A process that deletes the rows of deleted pools. Once a batch has been committed, it prints a line and stops in the middle of the next
 * batch.
 */
const [url = '', now = ''] = process.argv.slice(2)

const storage = await openStorage({ url })
const remove = createPoolRemoval()
let usersAtFirst: number | undefined

const sweeper = startSweeper({
  db: storage.db,
  clock: { now: () => Number(now) },
  logger: { warn: () => undefined, error: () => undefined },
  holder: 'the process to kill',
  sweeps: [
    {
      name: 'rows of deleted pools',
      async run(tx, at, limit) {
        const users = (await tx.selectFrom('user').select('sub').execute()).length
        usersAtFirst ??= users
        const isMore = await remove(tx, at)
        if (users < usersAtFirst) {
          writeSync(1, 'in the middle\n')
          await new Promise(() => undefined)
        }
        return isMore ? limit : 0
      },
    },
  ],
})
// Nothing else keeps the process alive while it waits in the middle of a batch.
setInterval(() => undefined, 60_000)
await sweeper.sweep()
