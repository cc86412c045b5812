import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** Figures of this process in Prometheus' text form. */
export type Metrics = {
  /** One answered request: an operation's or route's name, `ok` or an error code, and how long it took. */
  count(operation: string, outcome: string, seconds: number): void
  text(): Promise<string>
  readonly contentType: string
}

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
    help: 'Time from the request line to the end of the answer, by operation.',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  return {
    count(operation, outcome, seconds) {
      requests.inc({ operation, outcome })
      durations.observe({ operation }, seconds)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
