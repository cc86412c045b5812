import { Counter, type Registry } from 'prom-client'
import type { LogMetrics } from '../log-delivery/log-metrics.ts'
import type { ActivityLog } from '../protection/activity/activity-log.ts'

/** Counts the auth events of users. Cognito's threat metrics are sums over these labels: see docs/threat-protection.md. */
export function authEventMetrics(registry: Registry): ActivityLog['count'] {
  const events = new Counter({
    name: 'lifeguard_auth_events_total',
    help: 'Auth events of users in pools with threat protection, by type, response, level of risk, decision, and whether the password is stolen.',
    labelNames: ['type', 'response', 'level', 'decision', 'compromised'],
    registers: [registry],
  })
  return ({ type, response, details: { risk, isCompromised } }) => {
    const compromised = isCompromised === undefined ? 'unknown' : isCompromised ? 'yes' : 'no'
    events.inc({ type, response, level: risk?.level ?? 'none', decision: risk?.decision ?? 'none', compromised })
  }
}

/** Counts the delivery of the pools' logs. */
export function logMetrics(registry: Registry): LogMetrics {
  const records = new Counter({
    name: 'lifeguard_log_records_total',
    help: 'Log records of pools that were delivered, rejected by their destination, or dropped because too many waited, by kind of destination.',
    labelNames: ['destination', 'outcome'],
    registers: [registry],
  })
  const attempts = new Counter({
    name: 'lifeguard_log_delivery_attempts_total',
    help: 'Attempts to deliver a batch of log records, by kind of destination and outcome.',
    labelNames: ['destination', 'outcome'],
    registers: [registry],
  })
  return {
    countLogRecords(destination, outcome, count) {
      if (count > 0) records.inc({ destination, outcome }, count)
    },
    countLogAttempt: (destination, outcome) => attempts.inc({ destination, outcome }),
  }
}
