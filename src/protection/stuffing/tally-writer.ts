import { chunksOf } from '../../base/chunks.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import type { Db } from '../../storage/db.ts'
import { changeTallies } from './stuffing-repository.ts'
import { emptyTally, judge, merge, type Tally, usersOf } from './tally.ts'
import type { Entry } from './tally-entries.ts'

/** Writes what a process has counted, in batches, and takes over what other processes have counted. */
export type TallyWriter = {
  /** Has the entry written within a second. */
  add(entry: Entry): void
  /** Has the entry not written. */
  remove(entry: Entry): void
  /** Writes all entries that wait. */
  write(): Promise<void>
}

export type WriterOptions = {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  /** Called when a network of the pool was slowed down, or slowed down harder. */
  whenSlowed(poolId: string): void
}

const writeEveryMs = 1000
/** When so many networks wait, they are written at once. */
const mostWaiting = 500
/** How many networks are written in one transaction. */
const batchSize = 100

export function createTallyWriter(options: WriterOptions & { isKept(entry: Entry): boolean }): TallyWriter {
  const { logger, isKept } = options
  let waiting = new Set<Entry>()
  let writing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(writeWaiting)
    return writing
  }

  async function writeWaiting(): Promise<void> {
    const batches = batchesOf(waiting)
    waiting = new Set()
    for (const batch of batches) {
      try {
        await writeBatch(options, batch, (entry) => waiting.has(entry))
      } catch (error) {
        // An entry that was dropped from memory meanwhile is lost. Otherwise the memory would have no bound while the database is away.
        if (error instanceof DatabaseUnavailableError) for (const entry of batch.filter(isKept)) waiting.add(entry)
        else logger.error({ err: error }, 'Failed sign-ins could not be counted')
      }
    }
  }

  return {
    add(entry) {
      waiting.add(entry)
      if (waiting.size >= mostWaiting) void write()
      else timer ??= setTimeout(() => void write(), writeEveryMs).unref()
    },
    remove: (entry) => void waiting.delete(entry),
    write,
  }
}

async function writeBatch(options: WriterOptions, batch: readonly Entry[], isWaiting: (entry: Entry) => boolean): Promise<void> {
  const now = options.clock.now()
  const [{ poolId = '' } = {}] = batch
  const byName = new Map(batch.map((entry) => [entry.network.name, entry]))
  const before = new Map<string, Tally>()
  const change = (name: string, stored: Tally = emptyTally): Tally => {
    before.set(name, stored)
    const entry = byName.get(name)
    return entry === undefined ? stored : changed(entry, stored, now)
  }
  const written = await options.db.transaction().execute((tx) => changeTallies(tx, poolId, { networks: [...byName.keys()], now, change }))
  for (const entry of batch) {
    const tally = written.get(entry.network.name)
    if (tally === undefined) continue
    takeOver(entry, tally, now)
    entry.hasNewFailure = isWaiting(entry)
    reportSlowed(options, entry, before.get(entry.network.name) ?? emptyTally, now)
  }
}

/** What to store for a network: what was stored, and what this process has counted since an administrator cleared the network. */
function changed(entry: Entry, stored: Tally, now: number): Tally {
  if (entry.startedAt < stored.clearedAt) return stored
  const merged = merge(stored, entry.tally)
  return entry.hasNewFailure ? judge(merged, entry.network.kind, now) : merged
}

/** Keeps what other processes have counted. Outcomes that came during the write stay. */
function takeOver(entry: Entry, stored: Tally, now: number): void {
  const isCleared = entry.startedAt < stored.clearedAt
  entry.tally = isCleared ? stored : merge(stored, entry.tally)
  if (isCleared) entry.startedAt = now
  entry.isStored = true
}

function reportSlowed({ logger, whenSlowed }: WriterOptions, { poolId, network, tally }: Entry, before: Tally, now: number): void {
  if (tally.slowedUntil <= now || tally.level === levelAt(before, now)) return
  whenSlowed(poolId)
  const { failed, passed } = usersOf(tally, now)
  logger.warn(
    { userPoolId: poolId, network: network.name, level: tally.level, failedUsers: failed, signedInUsers: passed },
    'The sign-ins of many users fail from one network, which is slowed down',
  )
}

const levelAt = ({ level, slowedUntil }: Tally, now: number): number => (slowedUntil > now ? level : 0)

/** Up to `batchSize` entries of one pool each. */
function batchesOf(entries: ReadonlySet<Entry>): readonly (readonly Entry[])[] {
  const byPool = Map.groupBy(entries, ({ poolId }) => poolId)
  return [...byPool.values()].flatMap((ofPool) => chunksOf(ofPool, batchSize))
}
