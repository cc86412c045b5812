import type { CompiledQuery, Dialect } from 'kysely'

export type Engine = 'sqlite' | 'postgres'

/** The methods of the logger that the storage uses. */
export type StorageLogger = {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Called with each payload that is published on its channel, in every process that shares the database, the publisher included. */
export type Listener = (payload: string) => void

/** Called with the seconds that a statement, or the COMMIT of a transaction, took until its answer or its failure. */
export type TimeStatement = (kind: 'statement' | 'commit', seconds: number) => void

/** How many connections for statements and transactions are in use and idle, and how many callers wait for a connection. */
export type Connections = { readonly inUse: number; readonly idle: number; readonly waiting: number }

/** A view of the whole database at one moment. Later writes do not change it. */
export type Snapshot = {
  read<R>(query: CompiledQuery<R>): Promise<readonly R[]>
  close(): Promise<void>
}

/** One opened engine: everything in which the two engines differ. */
export type Backend = {
  /** Copies the pages in SQLite's write-ahead log into the file, so that SQLite need not copy many at once. Does nothing on PostgreSQL. */
  checkpoint(): void
  readonly engine: Engine
  /** The version of the database server, or of the SQLite library. */
  readonly engineVersion: string
  readonly dialect: Dialect
  publish(channel: string, payload: string): Promise<void>
  /** Returns a function that ends the subscription. `onGap` is called after a time in which notifications may have been missed. */
  subscribe(channel: string, listener: Listener, onGap?: () => void): () => void
  /** Undefined for SQLite, which has no pool of connections. */
  connections(): Connections | undefined
  /** Resolves when the database answers a look-up. */
  ping(): Promise<void>
  /** Whether a connection was lost and the database has not answered since. Then the engine itself logs the loss. */
  isInDoubt(): boolean
  /** Runs work whose statements may take far longer than usual. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>
  /** Opens a view of the database as it is now, on a connection of its own. */
  openSnapshot(): Promise<Snapshot>
  /** Closes what the driver of `dialect` has not closed, such as the listening connection. Call it after Kysely has closed the driver. */
  close(): Promise<void>
}
