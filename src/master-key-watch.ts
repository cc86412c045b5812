import { isDeepStrictEqual } from 'node:util'
import type { Logger } from './base/logger.ts'
import { beingRestored, type OpenedDatabase } from './open-database.ts'
import { SettingsError } from './settings.ts'
import { findMasterKeyRows, type MasterKeyRows } from './storage/installation-repository.ts'

/** The channel that announces a change of the master key to all processes, where the database engine can notify other processes. */
export const masterKeyChannel = 'master-key'

/** How long a server may still seal under the previous key after a change. The command that changes the key waits several times as long. */
export const masterKeyPollMs = 2000

export type MasterKeyWatch = {
  /** Resolves when the master key was changed to a key that this process does not have. The process must then stop. */
  readonly failed: Promise<SettingsError>
  /** Ends the watch, and waits for a check that is running. Call it before the database is closed. */
  close(): Promise<void>
}

/** Makes this process seal under the key that the database names, and follow each change of that key. */
export function watchMasterKey({ storage, keyRing }: OpenedDatabase, logger: Pick<Logger, 'info'>): MasterKeyWatch {
  const { promise: failed, resolve: fail } = Promise.withResolvers<SettingsError>()
  let known: MasterKeyRows | undefined
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let lastCheck = Promise.resolve()

  async function check(): Promise<void> {
    if (isClosed) return
    const rows = await findMasterKeyRows(storage.db)
    if (known !== undefined && isDeepStrictEqual(rows, known)) return
    if (rows.isBeingRestored) fail(beingRestored())
    else if (!keyRing.adopt(rows)) {
      fail(
        new SettingsError(
          '--master-key: the master key was changed, and this process does not have the new key. Start it again with both keys.',
        ),
      )
    } else if (known !== undefined && rows.proof !== known.proof)
      logger.info({ masterKey: 'changed' }, 'The master key was changed. New values are sealed under the new key.')
    known = rows
  }

  function queueCheck(): void {
    // An error is ignored here: other code reports a database that does not answer. This process seals nothing under an old key meanwhile,
    // because such a database accepts no writes.
    lastCheck = lastCheck.then(check).catch(() => undefined)
  }

  const poll = () => {
    queueCheck()
    timer = setTimeout(poll, masterKeyPollMs).unref()
  }
  poll()
  const unsubscribe = storage.subscribe(masterKeyChannel, queueCheck, queueCheck)

  return {
    failed,
    async close() {
      isClosed = true
      clearTimeout(timer)
      unsubscribe()
      await lastCheck
    },
  }
}
