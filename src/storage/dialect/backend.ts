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
  writeBack(): void
  readonly engine: Engine
  readonly dialect: Dialect
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: Listener): () => void
  /** Ends what the dialect does not own; the dialect's driver is closed by Kysely before. */
  close(): Promise<void>
}
