import type { QueryResult } from 'kysely'
import { DatabaseUnavailableError } from '../database-unavailable-error.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import type { SqliteHandle } from './sqlite-handle.ts'

/** A group is committed after this many transactions even when the event-loop turn goes on. */
const maxGroupSize = 256

/** Transactions that are committed together, by one COMMIT and so one flush to the disk. */
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
    // A group in which every transaction was rolled back has nobody to hear of its failure.
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
 * Group commit. The transactions of one event-loop turn run one after the other, each inside a savepoint of one outer
 * transaction, and every one of them resolves only after the outer COMMIT made all of them durable.
 *
 * @NOTE The outer COMMIT never runs while somebody holds the turn, so a half-done transaction is never committed.
 */
export class SqliteGroupWriter {
  readonly #handle: SqliteHandle
  readonly #options: Options
  readonly #waiting: Waiter[] = []
  #held = false
  #group: Group | undefined
  #flushDue = false
  readonly #onTurnEnd = (group: Group) => {
    if (this.#group !== group) return
    if (this.#held) this.#flushDue = true
    else this.#flush()
  }

  constructor(handle: SqliteHandle, options: Options) {
    this.#handle = handle
    this.#options = options
  }

  /** True while rows that are not yet committed can be seen through the writer's handle. */
  get hasUncommitted(): boolean {
    return this.#group !== undefined
  }

  /** One statement as a transaction of its own. SQLite undoes a failing statement by itself, so it needs no savepoint. */
  async write<R>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    const group = await this.#takeTurn()
    let result: QueryResult<R>
    try {
      result = this.#handle.run<R>(sql, parameters)
      group.size++
    } catch (error) {
      this.#noticeLoss(group, error)
      throw error
    } finally {
      this.#passTurn()
    }
    await group.durable
    return result
  }

  async begin(): Promise<SqliteTransaction> {
    const group = await this.#takeTurn()
    try {
      this.#handle.exec('savepoint turn')
    } catch (error) {
      this.#noticeLoss(group, error)
      this.#passTurn()
      throw error
    }
    return new SqliteTransaction(this.#handle, {
      commit: async () => {
        group.size++
        this.#passTurn()
        await group.durable
      },
      rollback: () => this.#passTurn(),
      failed: (error) => this.#noticeLoss(group, error),
    })
  }

  /** Ends the group under way. Nobody may hold the turn. */
  close(): void {
    this.#flush()
  }

  async #takeTurn(): Promise<Group> {
    if (this.#held) await this.#queue()
    else this.#held = true
    if (this.#group !== undefined) return this.#group
    try {
      await retryWhileBusy(() => this.#handle.exec('begin immediate'), this.#options.busyTimeoutMs)
    } catch (error) {
      this.#passTurn()
      throw error
    }
    const group = new Group()
    this.#group = group
    this.#flushDue = false
    setImmediate(this.#onTurnEnd, group)
    return group
  }

  #queue(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve,
        timer: setTimeout(() => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
          reject(
            new DatabaseUnavailableError(
              `Waited ${this.#options.lockTimeoutMs} ms for another transaction. Was the outer database used inside one?`,
            ),
          )
        }, this.#options.lockTimeoutMs),
      }
      this.#waiting.push(waiter)
    })
  }

  #passTurn(): void {
    if (this.#group !== undefined && (this.#flushDue || this.#group.size >= maxGroupSize)) this.#flush()
    const next = this.#waiting.shift()
    if (next === undefined) {
      this.#held = false
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

  /** A full disk and the like make SQLite roll back the outer transaction: what the group wrote before is lost as well. */
  #noticeLoss(group: Group, error: unknown): void {
    if (this.#group !== group || this.#handle.inTransaction) return
    this.#group = undefined
    group.fail(error)
  }
}

type Endings = { commit(): Promise<void>; rollback(): void; failed(error: unknown): void }

/** One transaction inside a group. It holds the writer until it ends. */
export class SqliteTransaction {
  readonly #handle: SqliteHandle
  readonly #endings: Endings
  #ended = false
  #failure: { error: unknown } | undefined

  constructor(handle: SqliteHandle, endings: Endings) {
    this.#handle = handle
    this.#endings = endings
  }

  /** After a failed statement only a rollback is possible, as on PostgreSQL. */
  run<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    if (this.#ended) throw new Error('The transaction has ended.')
    if (this.#failure !== undefined) throw abortedError(this.#failure.error)
    try {
      return this.#handle.run<R>(sql, parameters)
    } catch (error) {
      this.#failure = { error }
      this.#endings.failed(error)
      throw error
    }
  }

  /** Resolves when the transaction is on the disk. */
  async commit(): Promise<void> {
    if (this.#failure !== undefined) throw abortedError(this.#failure.error)
    this.#handle.exec('release turn')
    this.#ended = true
    await this.#endings.commit()
  }

  /** Does nothing after the end, because Kysely also rolls back when the commit failed. */
  rollback(): void {
    if (this.#ended) return
    this.#ended = true
    try {
      if (this.#handle.inTransaction) {
        this.#handle.exec('rollback to turn')
        this.#handle.exec('release turn')
      }
    } catch (error) {
      // What cannot be undone alone must not be committed with the others.
      if (this.#handle.inTransaction) this.#handle.exec('rollback')
      this.#endings.failed(error)
      throw error
    } finally {
      this.#endings.rollback()
    }
  }
}

function abortedError(cause: unknown): Error {
  return new Error('The transaction failed before and can only be rolled back.', { cause })
}
