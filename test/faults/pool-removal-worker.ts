import { writeSync } from 'node:fs'
import { createPoolRemoval } from '../../src/pools/pool-deletion-repository.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { startSweeper } from '../../src/storage/sweeper.ts'

/**
 * A process of its own that removes what deleted pools held. Once some are gone for good, it says so, and stays in the middle of the
 * next batch.
 */
const [url = '', now = ''] = process.argv.slice(2)

const storage = await openStorage({ url })
const remove = createPoolRemoval()
let usersAtFirst: number | undefined

const sweeper = startSweeper({
  db: storage.db,
  clock: { now: () => Number(now) },
  logger: { warn: () => undefined, error: () => undefined },
  holder: 'the one that dies',
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
// Nothing else keeps the process alive while it stands in the middle.
setInterval(() => undefined, 60_000)
await sweeper.sweep()
