import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** Figures of this process in Prometheus' text form. */
export type Metrics = {
  /** One answered request: an operation's or route's name, `ok` or an error code, and how long it took. */
  count(operation: string, outcome: string, seconds: number): void
  /** One request that was turned away because the server had too much to do. */
  countShed(): void
  /** One trigger that was asked, with whatever came of it. */
  countInvocation(trigger: string, outcome: string, seconds: number): void
  text(): Promise<string>
  readonly contentType: string
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'lifeguard_requests_total',
    help: 'Requests answered, by operation and outcome.',
    labelNames: ['operation', 'outcome'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'lifeguard_request_duration_seconds',
    help: 'Time from the request line until the answer is handed to the connection, by operation.',
    labelNames: ['operation'],
    buckets,
    registers: [registry],
  })
  const shed = new Counter({
    name: 'lifeguard_requests_shed_total',
    help: 'Requests answered 503 because the server had too much to do. They count in no other figure.',
    registers: [registry],
  })
  const countInvocation = createInvocationFigures(registry)
  return {
    count(operation, outcome, seconds) {
      requests.inc({ operation, outcome })
      durations.observe({ operation }, seconds)
    },
    countShed: () => shed.inc(),
    countInvocation,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function createInvocationFigures(registry: Registry): Metrics['countInvocation'] {
  const invocations = new Counter({
    name: 'lifeguard_trigger_invocations_total',
    help: 'Triggers whose function was asked, by trigger and outcome.',
    labelNames: ['trigger', 'outcome'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'lifeguard_trigger_duration_seconds',
    help: 'Time until the function had answered or was given up, repetitions included, by trigger.',
    labelNames: ['trigger'],
    buckets,
    registers: [registry],
  })
  return (trigger, outcome, seconds) => {
    invocations.inc({ trigger, outcome })
    durations.observe({ trigger }, seconds)
  }
}
