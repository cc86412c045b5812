import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { StorageError } from '../storage-error.ts'

// biome-ignore lint/suspicious/noExplicitAny: any schema will do
type AnyDb = Kysely<any>

export type LockRetries = {
  /** How long to retry, in milliseconds. */
  readonly totalMs: number
  /** Called with a sentence before each pause. */
  onBlocked(message: string): void
}

/**
 * How long a statement of a migration waits for a lock. All later statements on the same table, even those that only read, wait behind it.
 * So it must be shorter than the shortest `--database-statement-seconds` that makes sense.
 */
const lockMs = 2000
/** Between two attempts, the other statements on the table have their turn. */
const pauseMs = 4000

/** PostgreSQL's codes for the failures after which `work` is tried again: a lock was not available in time, and a deadlock. */
const lockFailures = new Set(['55P03', '40P01'])

/**
 * Runs `work` in the transaction. If a lock cannot be had soon, the changes and locks of `work` are rolled back, and it is tried again
 * later. The transaction and the locks that it took before stay.
 * @throws StorageError when locks are still missing at the end of `totalMs`
 */
export async function retryOnLocks<T>(tx: AnyDb, work: () => Promise<T>, { totalMs, onBlocked }: LockRetries): Promise<T> {
  const endsAt = performance.now() + totalMs
  await sql`set local lock_timeout = ${sql.lit(`${lockMs}ms`)}`.execute(tx)
  for (;;) {
    await sql`savepoint work`.execute(tx)
    try {
      return await work()
    } catch (error) {
      if (!lockFailures.has((error as { code?: string }).code ?? '')) throw error
      await sql`rollback to savepoint work`.execute(tx)
      const remaining = endsAt - performance.now()
      // Randomized, so that the attempts do not always meet the same periodic transaction.
      const pause = pauseMs * (0.5 + Math.random())
      const holders = await describeHolders(tx)
      if (remaining < pause) throw tooLong(totalMs, holders, error)
      onBlocked(`A migration waits for a lock on a table. ${holders} Trying again for ${Math.ceil(remaining / 1000)} seconds`)
      await delay(pause)
    }
  }
}

function tooLong(totalMs: number, holders: string, cause: unknown): StorageError {
  const message = `The migrations could not lock a table within ${Math.round(totalMs / 1000)} seconds, and changed nothing. ${holders} Wait until it has ended, or end it, and start again.`
  return new StorageError(message, { cause })
}

type Holder = { readonly pid: number; readonly application: string | null; readonly seconds: number | null }

/**
 * A sentence that names the transactions that hold locks on tables of the schema for longer than an attempt takes. The age of another
 * user's transaction is left out when the database user may not see it.
 */
async function describeHolders(tx: AnyDb): Promise<string> {
  const { rows } = await sql<Holder>`
    select a.pid, a.application_name as application, extract(epoch from clock_timestamp() - a.xact_start)::integer as seconds
    from pg_stat_activity a
    where a.pid <> pg_backend_pid()
      and coalesce(clock_timestamp() - a.xact_start >= ${sql.lit(`${lockMs}ms`)}::interval, true)
      and exists (
        select from pg_locks l join pg_class c on c.oid = l.relation
        where l.pid = a.pid and l.granted and l.locktype = 'relation' and c.relnamespace = current_schema()::regnamespace
          and l.database = (select oid from pg_database where datname = current_database()))
    order by a.xact_start limit 5`.execute(tx)
  if (rows.length === 0) return 'The transaction that held it has ended since.'
  const names = rows.map(({ pid, application, seconds }) => {
    const age = seconds === null ? '' : `, open for ${seconds} s`
    return `${application || 'a program without a name'} (process ${pid} of PostgreSQL${age})`
  })
  return `Open transactions on its tables: ${names.join(', ')}.`
}
