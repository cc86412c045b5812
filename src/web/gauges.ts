import { Gauge, type Registry } from 'prom-client'
import { inTime } from '../base/in-time.ts'
import type { CertificateWatch } from '../federation/certificate-watch.ts'
import type { Channel } from '../messaging/message.ts'
import type { WaitingMessages } from '../messaging/outbox-repository.ts'
import type { Connections } from '../storage/dialect/backend.ts'

type Queue = 'srp-fixed-base' | 'srp-shared-secret' | 'imported-hashes' | 'argon2'

/** The state of this process and of what it depends on. It is read whenever the metrics are read, not when it changes. */
export type GaugeSources = {
  now(): number
  /** Rejects when the database cannot be read or written. */
  checkDatabase(): Promise<void>
  /** Undefined when the database has no pool of connections. */
  connections(): Connections | undefined
  findWaitingMessages(): Promise<Readonly<Record<Channel, WaitingMessages>>>
  /** How many networks are slowed down, over all pools. */
  countSlowedNetworks(now: number): Promise<number>
  /** Finds the time of the oldest audit record that the audit stream has not delivered yet. Undefined when no stream is set up. */
  readonly findOldestUnstreamed: (() => Promise<number | undefined>) | undefined
  /** Finds when the oldest log record was written that waits for its delivery. Undefined when none waits. */
  findOldestLogRecord(): Promise<number | undefined>
  /** Finds when the oldest key of each kind was created, in epoch milliseconds. The time is undefined when no key of the kind exists. */
  findOldestKeys(): Promise<Readonly<Record<'signing' | 'access', number | undefined>>>
  queueLengths(): Readonly<Record<Queue, number>>
  countOpenBreakers(): number
  hasSweeperLease(): boolean
  isImporting(): boolean
  /** When the state was the current one that the last good backup has, in epoch milliseconds. Undefined when there is none. */
  findLastBackup(): Promise<number | undefined>
  /** When the first certificate of SAML sign-ins expires, in epoch milliseconds. Undefined when none was used lately. */
  readonly firstSamlExpiry: CertificateWatch['firstExpiry']
  /** In epoch milliseconds. Undefined when the server has no certificate. */
  readonly certificateExpiresAt: number | undefined
}

/** How long a result of the database is reused, so that many monitors cost the database no more than one monitor. */
const cachedMs = 5000
/** How long the answer to a monitor waits for the database. One limit for `/readyz` and `/metrics`, so that their answers agree. */
export const databaseMs = 2000

export function registerGauges(registry: Registry, sources: GaugeSources): void {
  const gauge = (name: string, help: string, read: (gauge: Gauge) => void | Promise<void>, labelNames: readonly string[] = []) => {
    const collect = function (this: Gauge) {
      return read(this)
    }
    return new Gauge({ name, help, labelNames: [...labelNames], collect, registers: [registry] })
  }
  databaseGauges(gauge, sources)
  messageGauges(gauge, sources)
  slowedGauge(gauge, sources)
  auditGauge(gauge, sources)
  logGauge(gauge, sources)
  keyGauge(gauge, sources)
  backupGauge(gauge, sources)
  gauge(
    'lifeguard_queue_length',
    'Computations that wait for a thread or for their turn, by queue.',
    (gauge) => {
      for (const [queue, length] of Object.entries(sources.queueLengths())) gauge.set({ queue }, length)
    },
    ['queue'],
  )
  gauge('lifeguard_circuit_breakers_open', 'Trigger functions that this process does not call at present, after failures.', (gauge) =>
    gauge.set(sources.countOpenBreakers()),
  )
  gauge('lifeguard_sweeper_lease', '1 if this process removes expired rows, 0 if another one does.', (gauge) =>
    gauge.set(Number(sources.hasSweeperLease())),
  )
  gauge('lifeguard_import_jobs_running', 'Import jobs that this process runs.', (gauge) => gauge.set(Number(sources.isImporting())))
  certificateGauges(gauge, sources)
}

function certificateGauges(gauge: AddGauge, { certificateExpiresAt, firstSamlExpiry }: GaugeSources): void {
  gauge('lifeguard_tls_certificate_expiry_timestamp_seconds', 'When the certificate of --tls-cert expires.', (gauge) =>
    setOrRemove(gauge, certificateExpiresAt && certificateExpiresAt / 1000),
  )
  gauge(
    'lifeguard_saml_certificate_expiry_timestamp_seconds',
    'When the first certificate or MetadataFile expires that SAML sign-ins of this process used in the last 24 hours, by owner.',
    (gauge) => {
      gauge.reset()
      for (const owner of ['provider', 'own', 'metadata'] as const) {
        const expiresAt = firstSamlExpiry(owner)
        if (expiresAt !== undefined) gauge.set({ owner }, expiresAt / 1000)
      }
    },
    ['owner'],
  )
}

/** Sets the gauge. Without a value, the gauge is left out of the metrics; otherwise it would be shown as 0. */
function setOrRemove(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove()
  else gauge.set(value)
}

type AddGauge = (name: string, help: string, read: (gauge: Gauge) => void | Promise<void>, labelNames?: readonly string[]) => Gauge

function databaseGauges(gauge: AddGauge, { checkDatabase, connections }: GaugeSources): void {
  gauge('lifeguard_database_up', '1 if the database can be read and written, otherwise 0.', async (gauge) =>
    gauge.set((await ofDatabase(checkDatabase().then(() => 1))) ?? 0),
  )
  gauge(
    'lifeguard_database_connections',
    'Connections to PostgreSQL for statements and transactions, by state.',
    (gauge) => {
      const counted = connections()
      if (counted === undefined) return
      gauge.set({ state: 'in-use' }, counted.inUse)
      gauge.set({ state: 'idle' }, counted.idle)
    },
    ['state'],
  )
  gauge('lifeguard_database_connection_waiters', 'Statements and transactions that wait for a connection.', (gauge) =>
    setOrRemove(gauge, connections()?.waiting),
  )
}

/** Adds the gauges of waiting messages. While the database cannot be read, they have no values. */
function messageGauges(gauge: AddGauge, { now, findWaitingMessages }: GaugeSources): void {
  const find = cached(findWaitingMessages)
  const setByChannel = async (gauge: Gauge, figure: (waiting: WaitingMessages) => number) => {
    gauge.reset()
    const found = await ofDatabase(find())
    for (const [channel, waiting] of Object.entries(found ?? {})) gauge.set({ channel }, figure(waiting))
  }
  gauge(
    'lifeguard_messages_waiting',
    'Messages of all processes that wait for their delivery, by channel. Beyond 10000 for each queue, no more are counted.',
    (gauge) => setByChannel(gauge, ({ count }) => count),
    ['channel'],
  )
  gauge(
    'lifeguard_messages_oldest_age_seconds',
    'Age of the oldest message that waits for its delivery, by channel; 0 if none waits.',
    (gauge) => setByChannel(gauge, ({ oldestAt }) => (oldestAt === undefined ? 0 : Math.max(now() - oldestAt, 0) / 1000)),
    ['channel'],
  )
}

function slowedGauge(gauge: AddGauge, { now, countSlowedNetworks }: GaugeSources): void {
  const find = cached(() => countSlowedNetworks(now()))
  gauge('lifeguard_slowed_networks', 'Networks that are slowed down after failed sign-ins of many users, over all pools.', async (gauge) =>
    setOrRemove(gauge, await ofDatabase(find())),
  )
}

function keyGauge(gauge: AddGauge, { now, findOldestKeys }: GaugeSources): void {
  const find = cached(findOldestKeys)
  gauge(
    'lifeguard_oldest_key_age_seconds',
    'Age of the oldest key: of those that sign tokens, over all pools, and of the access keys that do not expire.',
    async (gauge) => {
      gauge.reset()
      for (const [kind, createdAt] of Object.entries((await ofDatabase(find())) ?? {})) {
        if (createdAt !== undefined) gauge.set({ kind }, Math.max(now() - createdAt, 0) / 1000)
      }
    },
    ['kind'],
  )
}

function backupGauge(gauge: AddGauge, { findLastBackup }: GaugeSources): void {
  const find = cached(findLastBackup)
  const help = 'When the state was the current one that the last good backup of --backup-to has. Missing before the first backup.'
  gauge('lifeguard_backup_last_success_timestamp_seconds', help, async (gauge) => {
    const at = await ofDatabase(find())
    setOrRemove(gauge, at && at / 1000)
  })
}

function auditGauge(gauge: AddGauge, { now, findOldestUnstreamed }: GaugeSources): void {
  if (findOldestUnstreamed === undefined) return
  const help = 'Age of the oldest audit record that the stream has not delivered; 0 if all were delivered.'
  ageGauge(gauge, { name: 'lifeguard_audit_stream_oldest_age_seconds', help, now, find: findOldestUnstreamed })
}

function logGauge(gauge: AddGauge, { now, findOldestLogRecord: find }: GaugeSources): void {
  const help = 'Age of the oldest log record of all pools that waits for its delivery; 0 if none waits.'
  ageGauge(gauge, { name: 'lifeguard_log_records_oldest_age_seconds', help, now, find })
}

type Age = { readonly name: string; readonly help: string; now(): number; find(): Promise<number | undefined> }

/** Adds the gauge of an age in seconds; 0 when `find` finds no time. While the database cannot be read, it has no value. */
function ageGauge(gauge: AddGauge, { name, help, now, find }: Age): void {
  const findCached = cached(async () => ({ at: await find() }))
  gauge(name, help, async (gauge) => {
    const found = await ofDatabase(findCached())
    setOrRemove(gauge, found && (found.at === undefined ? 0 : Math.max(now() - found.at, 0) / 1000))
  })
}

/** Returns the last result of `load` for `cachedMs`. Calls during a load share that load, even a long one. Failures are not cached. */
function cached<T>(load: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined
  let loadedAt = Number.POSITIVE_INFINITY
  return () => {
    if (current !== undefined && performance.now() - loadedAt < cachedMs) return current
    const loading = load()
    current = loading
    loadedAt = Number.POSITIVE_INFINITY
    const noteEnd = (at: number) => {
      if (current === loading) loadedAt = at
    }
    loading.then(
      () => noteEnd(performance.now()),
      () => noteEnd(Number.NEGATIVE_INFINITY),
    )
    return loading
  }
}

/** The result of the work. Undefined when the work fails or takes too long. */
const ofDatabase = <T>(work: Promise<T>): Promise<T | undefined> => inTime(work, databaseMs, () => undefined).catch(() => undefined)
