import { Counter, Gauge, type Registry } from 'prom-client'
import type { SweepMetrics } from '../storage/sweeper.ts'

/** The metrics of the sweeps of this process. */
export function sweepMetrics(registry: Registry): SweepMetrics {
  const successes = new Gauge({
    name: 'lifeguard_sweep_last_success_timestamp_seconds',
    help: 'When this process last ran a sweep without an error, by sweep.',
    labelNames: ['sweep'],
    registers: [registry],
  })
  const failures = new Counter({
    name: 'lifeguard_sweep_failures_total',
    help: 'Runs of a sweep that failed, by sweep.',
    labelNames: ['sweep'],
    registers: [registry],
  })
  return {
    succeeded: (sweep, at) => successes.set({ sweep }, at / 1000),
    failed: (sweep) => failures.inc({ sweep }),
  }
}
