import type { DestinationKind } from './destinations/destination.ts'

/** Counts records by what happened to them, and attempts to deliver them by result. Both by kind of destination. */
export type LogMetrics = {
  /** `rejected`: the destination does not want the record, now or later. `dropped`: too many records waited. */
  countLogRecords(kind: DestinationKind, outcome: 'delivered' | 'rejected' | 'dropped', records: number): void
  countLogAttempt(kind: DestinationKind, outcome: 'delivered' | 'failed'): void
}
