import type { QueryResult } from 'kysely'
import { DatabaseUnavailableError } from '../database-unavailable-error.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import type { SqliteHandle } from './sqlite-handle.ts'

/** A group is committed after this many transactions even if the turn of the event loop has not ended. */
const maxGroupSize = 256

/** Transactions that are committed together, by one COMMIT and so by one flush to the disk. */
class Group {
  size = 0
  readonly durable: Promise<void>
  #resolve!: () => void
  #reject!: (reason: unknown) => void

  constructor() {
    this.durable = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // If every transaction of the group was rolled back, nothing awaits the promise, and its rejection would end the process.
    this.durable.catch(() => undefined)
  }

  succeed(): void {
    this.#resolve()
  }

  fail(reason: unknown): void {
    this.#reject(reason)
  }
}

type Waiter = { resolve(): void; timer: NodeJS.Timeout }

type Options = { busyTimeoutMs: number; lockTimeoutMs: number }

/**
 * Group commit. The transactions of one turn of the event loop run one after the other, each inside a savepoint of one outer transaction.
 * Each of them resolves only after the outer COMMIT has made all of them durable. See docs/decisions/0005.
 *
 * @NOTE The outer COMMIT never runs while a transaction holds the writer, so a half-done transaction is never committed.
 */
export class SqliteGroupWriter {
  readonly #handle: SqliteHandle
  readonly #options: Options
  readonly #waiting: Waiter[] = []
  #isHeld = false
  #group: Group | undefined
  #isFlushDue = false
  readonly #onTurnEnd = (group: Group) => {
    if (this.#group !== group) return
    if (this.#isHeld) this.#isFlushDue = true
    else this.#flush()
  }

  constructor(handle: SqliteHandle, options: Options) {
    this.#handle = handle
    this.#options = options
  }

  /** Whether uncommitted rows can be seen through the writer's handle. */
  get hasUncommitted(): boolean {
    return this.#group !== undefined
  }

  /** Runs one statement as a transaction of its own. SQLite undoes a failing statement by itself, so no savepoint is needed. */
  async write<R>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    const group = await this.#acquire()
    let result: QueryResult<R>
    try {
      result = this.#handle.run<R>(sql, parameters)
      group.size++
    } catch (error) {
      this.#failIfRolledBack(group, error)
      throw error
    } finally {
      this.#release()
    }
    await group.durable
    return result
  }

  async begin(): Promise<SqliteTransaction> {
    const group = await this.#acquire()
    try {
      this.#handle.exec('savepoint member')
    } catch (error) {
      this.#failIfRolledBack(group, error)
      this.#release()
      throw error
    }
    return new SqliteTransaction(this.#handle, {
      onCommit: async () => {
        group.size++
        this.#release()
        await group.durable
      },
      onRollback: () => this.#release(),
      onFailure: (error) => this.#failIfRolledBack(group, error),
    })
  }

  /** Commits the current group. No transaction may hold the writer. */
  close(): void {
    this.#flush()
  }

  /** Waits for the writer, and begins a group if none is open. */
  async #acquire(): Promise<Group> {
    if (this.#isHeld) await this.#wait()
    else this.#isHeld = true
    if (this.#group !== undefined) return this.#group
    try {
      await retryWhileBusy(() => this.#handle.exec('begin immediate'), this.#options.busyTimeoutMs)
    } catch (error) {
      this.#release()
      throw error
    }
    const group = new Group()
    this.#group = group
    this.#isFlushDue = false
    setImmediate(this.#onTurnEnd, group)
    return group
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve,
        timer: setTimeout(() => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
          reject(
            new DatabaseUnavailableError(
              `Waited ${this.#options.lockTimeoutMs} ms for another transaction. Was the outer database used inside a transaction?`,
            ),
          )
        }, this.#options.lockTimeoutMs),
      }
      this.#waiting.push(waiter)
    })
  }

  /** Passes the writer to the next transaction that waits. */
  #release(): void {
    if (this.#group !== undefined && (this.#isFlushDue || this.#group.size >= maxGroupSize)) this.#flush()
    const next = this.#waiting.shift()
    if (next === undefined) {
      this.#isHeld = false
      return
    }
    clearTimeout(next.timer)
    next.resolve()
  }

  #flush(): void {
    const group = this.#group
    if (group === undefined) return
    this.#group = undefined
    try {
      this.#handle.exec('commit')
      group.succeed()
    } catch (error) {
      if (this.#handle.inTransaction) this.#handle.exec('rollback')
      group.fail(error)
    }
  }

  /** A full disk and similar errors make SQLite roll back the outer transaction, and with it all earlier writes of the group. */
  #failIfRolledBack(group: Group, error: unknown): void {
    if (this.#group !== group || this.#handle.inTransaction) return
    this.#group = undefined
    group.fail(error)
  }
}

type TransactionEvents = { onCommit(): Promise<void>; onRollback(): void; onFailure(error: unknown): void }

/** One transaction inside a group. It holds the writer until it ends. */
export class SqliteTransaction {
  readonly #handle: SqliteHandle
  readonly #events: TransactionEvents
  #hasEnded = false
  #failure: { error: unknown } | undefined

  constructor(handle: SqliteHandle, events: TransactionEvents) {
    this.#handle = handle
    this.#events = events
  }

  /** After a failed statement only a rollback is possible, as on PostgreSQL. */
  run<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    if (this.#hasEnded) throw new Error('The transaction has ended.')
    if (this.#failure !== undefined) throw abortedError(this.#failure.error)
    try {
      return this.#handle.run<R>(sql, parameters)
    } catch (error) {
      this.#failure = { error }
      this.#events.onFailure(error)
      throw error
    }
  }

  /** Resolves when the transaction is durable. */
  async commit(): Promise<void> {
    if (this.#failure !== undefined) throw abortedError(this.#failure.error)
    this.#handle.exec('release member')
    this.#hasEnded = true
    await this.#events.onCommit()
  }

  /** Does nothing after the end, because Kysely also rolls back after a failed commit. */
  rollback(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    try {
      if (this.#handle.inTransaction) {
        this.#handle.exec('rollback to member')
        this.#handle.exec('release member')
      }
    } catch (error) {
      // This transaction must not be committed with the others. If it cannot be undone alone, the whole group is rolled back.
      if (this.#handle.inTransaction) this.#handle.exec('rollback')
      this.#events.onFailure(error)
      throw error
    } finally {
      this.#events.onRollback()
    }
  }
}

function abortedError(cause: unknown): Error {
  return new Error('A statement of the transaction failed, so it can only be rolled back.', { cause })
}
