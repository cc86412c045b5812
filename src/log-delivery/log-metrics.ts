import type { DestinationKind } from './destinations/destination.ts'

/** Counts what becomes of records and of attempts to deliver them, by kind of destination. */
export type LogMetrics = {
  /** `rejected`: the destination does not want the record, now or later. `dropped`: too many records waited. */
  countLogRecords(kind: DestinationKind, outcome: 'delivered' | 'rejected' | 'dropped', records: number): void
  countLogAttempt(kind: DestinationKind, outcome: 'delivered' | 'failed'): void
}
