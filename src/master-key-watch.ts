import type { Logger } from './base/logger.ts'
import type { OpenedDatabase } from './open-database.ts'
import { SettingsError } from './settings.ts'
import { findMasterKeyRows } from './storage/installation-repository.ts'

/** Says in all processes that the master key was changed, where the engine carries it between processes. */
export const masterKeyChannel = 'master-key'

/** How long a server may go on sealing under the key before. The command that changes the key waits for several times as long. */
export const masterKeyPollMs = 2000

export type MasterKeyWatch = {
  /** Resolves when the master key was changed to one that this process does not have: it can do no more good. */
  readonly lost: Promise<SettingsError>
  /** Waits for the look under way. To be called before the database is closed. */
  close(): Promise<void>
}

/** Keeps a process sealing under the key that the database names. */
export function watchMasterKey({ storage, keyRing }: OpenedDatabase, logger: Pick<Logger, 'info'>): MasterKeyWatch {
  const { promise: lost, resolve: lose } = Promise.withResolvers<SettingsError>()
  let known: string | undefined
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let looking = Promise.resolve()

  async function look(): Promise<void> {
    if (closed) return
    const facts = await findMasterKeyRows(storage.db)
    if (facts.proof === known) return
    if (!keyRing.adopt(facts)) {
      lose(new SettingsError('--master-key: the master key was changed, and this server does not have the new one. Start it with both.'))
    } else if (known !== undefined)
      logger.info({ masterKey: 'changed' }, 'The master key was changed. What is stored from now on is sealed under the new one.')
    known = facts.proof
  }

  function lookAgain(): void {
    // A database that does not answer is told of by everything else, and takes no writes meanwhile.
    looking = looking.then(look).catch(() => undefined)
  }

  const repeat = () => {
    lookAgain()
    timer = setTimeout(repeat, masterKeyPollMs).unref()
  }
  repeat()
  const unsubscribe = storage.subscribe(masterKeyChannel, lookAgain, lookAgain)

  return {
    lost,
    async close() {
      closed = true
      clearTimeout(timer)
      unsubscribe()
      await looking
    },
  }
}
