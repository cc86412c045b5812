import type { Logger } from '../../base/logger.ts'
import { createWarningThrottle } from '../../base/warning-throttle.ts'

/** Collects entries and writes them in batches a little later, so that requests do not wait for the database. */
export type BatchWriter<Entry> = {
  add(entry: Entry): void
  /** Resolves when every entry that was added before is written or lost. */
  flush(): Promise<void>
}

type Options<Entry> = {
  write(entries: readonly Entry[]): Promise<void>
  readonly logger: Pick<Logger, 'error'>
  /** What the entries are, as the subject of a log line. */
  readonly what: string
}

const flushAfterMs = 150
/** The most entries in one transaction. Between two batches, other transactions get their turn. */
const batchSize = 100
/** The most entries that wait while the database does not answer. Further entries are lost. */
const maxWaiting = 5000

export function createBatchWriter<Entry>({ write, logger, what }: Options<Entry>): BatchWriter<Entry> {
  let waiting: Entry[] = []
  const losses = createLossLog(logger, what)
  let overflowed = false
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  async function writeAll(entries: readonly Entry[]): Promise<void> {
    for (let start = 0; start < entries.length; start += batchSize) {
      const batch = entries.slice(start, start + batchSize)
      try {
        await write(batch)
      } catch (error) {
        losses.add(batch.length)
        losses.report('could not be written.', { err: error })
      }
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(() => {
      const entries = waiting
      waiting = []
      if (overflowed) losses.report('could not be written: too many were waiting.')
      overflowed = false
      return writeAll(entries)
    })
    return writing
  }

  return {
    add(entry) {
      if (waiting.length >= maxWaiting) {
        losses.add(1)
        overflowed = true
      } else waiting.push(entry)
      timer ??= setTimeout(() => void flush(), flushAfterMs).unref()
    },
    flush,
  }
}

/** Logs at most one line a minute for each cause: a database that is away would otherwise cause several in a second. */
function createLossLog(logger: Pick<Logger, 'error'>, what: string) {
  const throttle = createWarningThrottle()
  /** The entries that were lost since the last line. */
  let lost = 0
  return {
    add(count: number): void {
      lost += count
    },
    report(cause: string, fields: object = {}): void {
      if (lost === 0 || throttle.countToReport(cause, performance.now()) === undefined) return
      logger.error({ ...fields, lost }, `${what} ${cause}`)
      lost = 0
    },
  }
}
