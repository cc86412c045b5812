import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** The metrics of this process, in Prometheus' text format. */
export type Metrics = {
  /** Counts an answered request: the name of its operation or route, `ok` or an error code, and its duration. */
  count(operation: string, outcome: string, seconds: number): void
  /** Counts a request that was rejected because of overload. */
  countShed(): void
  /** Counts an invocation of a trigger function, with its outcome. */
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
  const countInvocation = createInvocationMetrics(registry)
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

function createInvocationMetrics(registry: Registry): Metrics['countInvocation'] {
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
