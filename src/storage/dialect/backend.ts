import type { Dialect } from 'kysely'

export type Engine = 'sqlite' | 'postgres'

/** What pino offers, as far as this room needs it. */
export type StorageLogger = {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Called with what was published, in every process that shares the database, the publishing one included. */
export type Listener = (payload: string) => void

/** One engine, opened: everything about it that differs from the other. */
export type Backend = {
  /** See Storage. */
  checkpoint(): void
  readonly engine: Engine
  readonly dialect: Dialect
  publish(channel: string, payload: string): Promise<void>
  /** `onGap` is called when something may have been missed, once that is over. */
  subscribe(channel: string, listener: Listener, onGap?: () => void): () => void
  /** Resolves when the database answers a look-up. */
  ping(): Promise<void>
  /** Does work whose statements may take very long. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>
  /** Ends what the dialect does not own; the dialect's driver is closed by Kysely before. */
  close(): Promise<void>
}
