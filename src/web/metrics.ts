import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { FederationMetrics } from '../federation/federation-metrics.ts'
import type { LogMetrics } from '../log-delivery/log-metrics.ts'
import type { MessageMetrics } from '../messaging/message-metrics.ts'
import type { LogoutAttemptOutcome } from '../oauth/logout/back-channel/logout-worker.ts'
import type { RequestCategory } from '../pools/provisioned-limits/request-categories.ts'
import type { ActivityLog } from '../protection/activity/activity-log.ts'
import type { CountBreachLookup } from '../protection/breached-passwords/breached-passwords.ts'
import type { CountLocked } from '../protection/lockout.ts'
import type { StuffingMetrics } from '../protection/stuffing/stuffing-metrics.ts'
import type { CountSignInStep } from '../signin/sign-in-metrics.ts'
import type { TimeStatement } from '../storage/dialect/backend.ts'
import type { SweepMetrics } from '../storage/sweeper.ts'
import type { TriggerMetrics } from '../triggers/open-triggers.ts'
import type { CountFormerPoolCall } from '../users/former-pool/former-pools.ts'
import { authEventMetrics, logMetrics } from './event-metrics.ts'
import { type GaugeSources, registerGauges } from './gauges.ts'
import { sweepMetrics } from './sweep-metrics.ts'

/**
 * The metrics of this process, in Prometheus' text format. Labels hold only names from fixed lists: never an id, a name that a client
 * chose, an address or the text of an error. So labels have few values and no personal data. docs/production.md lists all metrics.
 */
export type Metrics = {
  /** Counts an answered request: the name of its operation or route, `ok` or an error code, and its duration. */
  count(operation: string, outcome: string, seconds: number): void
  /** Counts a request that was rejected because of overload. */
  countShed(): void
  /** Counts a request that was rejected because of the limit of its category. */
  countThrottled(category: RequestCategory): void
  /** Counts an invocation of a trigger function, with its outcome. */
  readonly countInvocation: TriggerMetrics['countInvocation']
  readonly countSignInStep: CountSignInStep
  readonly countLocked: CountLocked
  /** Counts a lookup in a list of stolen passwords. */
  readonly countBreachLookup: CountBreachLookup
  readonly countFormerPoolCall: CountFormerPoolCall
  readonly stuffing: StuffingMetrics
  readonly timeStatement: TimeStatement
  readonly messages: MessageMetrics
  readonly sweeps: SweepMetrics
  /** Counts a batch of audit records that could not be delivered to the target of the stream. */
  countAuditStreamFailure(): void
  /** Counts a backup that failed. */
  countBackupFailure(): void
  /** Counts an attempt to send a logout token to an app. */
  countLogoutAttempt(outcome: LogoutAttemptOutcome): void
  readonly federation: FederationMetrics
  readonly countAuthEvent: ActivityLog['count']
  readonly logs: LogMetrics
  /** From now on, whenever the metrics are read, the gauges get their values from `sources`. */
  watch(sources: GaugeSources): void
  text(): Promise<string>
  readonly contentType: string
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export function createMetrics(): Metrics {
  const registry = new Registry()
  // Among them are the delay of the event loop, memory, processor time and garbage collection.
  collectDefaultMetrics({ register: registry })
  return {
    ...requestMetrics(registry),
    ...signInMetrics(registry),
    countBreachLookup: breachMetrics(registry),
    countFormerPoolCall: formerPoolMetrics(registry),
    stuffing: stuffingMetrics(registry),
    countInvocation: invocationMetrics(registry),
    timeStatement: statementMetrics(registry),
    messages: messageMetrics(registry),
    sweeps: sweepMetrics(registry),
    ...auditMetrics(registry),
    countBackupFailure: backupMetrics(registry),
    countLogoutAttempt: logoutMetrics(registry),
    federation: federationMetrics(registry),
    countAuthEvent: authEventMetrics(registry),
    logs: logMetrics(registry),
    watch: (sources) => registerGauges(registry, sources),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function requestMetrics(registry: Registry): Pick<Metrics, 'count' | 'countShed' | 'countThrottled'> {
  const requests = new Counter({
    name: 'lifeguard_requests_total',
    help: 'Requests answered, by operation and outcome.',
    labelNames: ['operation', 'outcome'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'lifeguard_request_duration_seconds',
    help: 'Time from the request line until the answer is passed to the connection, by operation.',
    labelNames: ['operation'],
    buckets,
    registers: [registry],
  })
  const shed = new Counter({
    name: 'lifeguard_requests_shed_total',
    help: 'Requests answered 503 because of overload. No other metric counts them.',
    registers: [registry],
  })
  const throttled = new Counter({
    name: 'lifeguard_requests_throttled_total',
    help: 'Requests rejected because of the request rate, by category of operations.',
    labelNames: ['category'],
    registers: [registry],
  })
  // To look up a metric by its labels costs more than to count. The names of operations and outcomes are from fixed lists.
  const labelled = new Map<string, { readonly inc: () => void; readonly observe: (seconds: number) => void }>()
  return {
    count(operation, outcome, seconds) {
      const key = `${operation} ${outcome}`
      let both = labelled.get(key)
      if (both === undefined) {
        const [request, duration] = [requests.labels({ operation, outcome }), durations.labels({ operation })]
        both = { inc: () => request.inc(), observe: (value) => duration.observe(value) }
        labelled.set(key, both)
      }
      both.inc()
      both.observe(seconds)
    },
    countShed: () => shed.inc(),
    countThrottled: (category) => throttled.inc({ category }),
  }
}

function signInMetrics(registry: Registry): Pick<Metrics, 'countSignInStep' | 'countLocked'> {
  const steps = new Counter({
    name: 'lifeguard_sign_in_steps_total',
    help: 'Calls of a sign-in, by the flow that began or the challenge that was answered, and by outcome.',
    labelNames: ['step', 'outcome'],
    registers: [registry],
  })
  const locked = new Counter({
    name: 'lifeguard_locked_attempts_total',
    help: 'Attempts refused because the user is locked after too many failures, by action.',
    labelNames: ['action'],
    registers: [registry],
  })
  return {
    countSignInStep: (step, outcome) => steps.inc({ step, outcome }),
    countLocked: (action) => locked.inc({ action }),
  }
}

function formerPoolMetrics(registry: Registry): CountFormerPoolCall {
  const calls = new Counter({
    name: 'lifeguard_former_pool_calls_total',
    help: 'Calls of former user pools about a user, a password or a code, by result.',
    labelNames: ['result'],
    registers: [registry],
  })
  return (result) => calls.inc({ result })
}

function breachMetrics(registry: Registry): CountBreachLookup {
  const lookups = new Counter({
    name: 'lifeguard_breached_password_lookups_total',
    help: 'Lookups of passwords among stolen ones, by source and outcome. After timeout, failed and paused the source gave no answer.',
    labelNames: ['source', 'outcome'],
    registers: [registry],
  })
  return (source, outcome) => lookups.inc({ source, outcome })
}

function stuffingMetrics(registry: Registry): StuffingMetrics {
  const attempts = new Counter({
    name: 'lifeguard_slowed_attempts_total',
    help: 'Sign-ins from networks that are slowed down, by outcome. Those with a proof of work are not among them.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const proofs = new Counter({
    name: 'lifeguard_work_proofs_total',
    help: 'Proofs of work that the hosted pages asked for in networks that are slowed down, and those that came, by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  return {
    countAttempt: (outcome) => attempts.inc({ outcome }),
    countProof: (outcome) => proofs.inc({ outcome }),
  }
}

function invocationMetrics(registry: Registry): Metrics['countInvocation'] {
  const invocations = new Counter({
    name: 'lifeguard_trigger_invocations_total',
    help: 'Invocations of trigger functions, by trigger and outcome.',
    labelNames: ['trigger', 'outcome'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'lifeguard_trigger_duration_seconds',
    help: 'Time until the trigger function has answered or has failed, including retries, by trigger.',
    labelNames: ['trigger'],
    buckets,
    registers: [registry],
  })
  return (trigger, outcome, seconds) => {
    invocations.inc({ trigger, outcome })
    durations.observe({ trigger }, seconds)
  }
}

function auditMetrics(registry: Registry): Pick<Metrics, 'countAuditStreamFailure'> {
  const failures = new Counter({
    name: 'lifeguard_audit_stream_failures_total',
    help: 'Batches of audit records that this process could not deliver to the target of --audit-stream. They are delivered again.',
    registers: [registry],
  })
  return { countAuditStreamFailure: () => failures.inc() }
}

function backupMetrics(registry: Registry): Metrics['countBackupFailure'] {
  const failures = new Counter({
    name: 'lifeguard_backup_failures_total',
    help: 'Backups for --backup-to that failed in this process, or in a process that was killed.',
    registers: [registry],
  })
  return () => failures.inc()
}

function logoutMetrics(registry: Registry): Metrics['countLogoutAttempt'] {
  const attempts = new Counter({
    name: 'lifeguard_logout_token_attempts_total',
    help: 'Attempts to tell an app that a session of the hosted pages has ended (back-channel logout), by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  return (outcome) => attempts.inc({ outcome })
}

function federationMetrics(registry: Registry): FederationMetrics {
  const failures = new Counter({
    name: 'lifeguard_provider_sign_in_failures_total',
    help: 'Sign-ins by an identity provider that failed, by the type of the provider and the reason.',
    labelNames: ['type', 'reason'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'lifeguard_provider_request_duration_seconds',
    help: 'Time until an identity provider has answered a request of this server or the request has failed, by outcome.',
    labelNames: ['outcome'],
    buckets,
    registers: [registry],
  })
  return {
    countFailure: (type, reason) => failures.inc({ type, reason }),
    timeRequest: (outcome, seconds) => durations.observe({ outcome }, seconds),
  }
}

function statementMetrics(registry: Registry): TimeStatement {
  const durations = new Histogram({
    name: 'lifeguard_database_statement_duration_seconds',
    help: 'Time until a statement or the commit of a transaction was answered or failed, including the wait for a connection, by kind.',
    labelNames: ['kind'],
    buckets: [0.0001, 0.00025, 0.0005, ...buckets],
    registers: [registry],
  })
  const byKind = { statement: durations.labels('statement'), commit: durations.labels('commit') }
  return (kind, seconds) => byKind[kind].observe(seconds)
}

function messageMetrics(registry: Registry): MessageMetrics {
  const started = new Counter({
    name: 'lifeguard_messages_started_total',
    help: 'Messages that were taken from the outbox for their first attempt, by channel.',
    labelNames: ['channel'],
    registers: [registry],
  })
  const attempts = new Counter({
    name: 'lifeguard_message_attempts_total',
    help: 'Attempts to deliver a message, by channel, gateway and outcome.',
    labelNames: ['channel', 'gateway', 'outcome'],
    registers: [registry],
  })
  return {
    started: (channel) => started.inc({ channel }),
    attempted: (channel, gateway, outcome) => attempts.inc({ channel, gateway, outcome }),
  }
}
