import type { BackupRow } from './backup-rows.ts'

/** About how much memory the values of a row take, in UTF-16 units. */
export const sizeOf = (row: BackupRow): number => Object.values(row).reduce<number>((sum, value) => sum + String(value).length, 0)

/** What a batch has at most: so many rows, and no more than about this size unless one row is larger. */
export type BatchLimits = { readonly rows: number; readonly size: number }

/** Divides the rows anew, so that batches are neither small, which takes long, nor too large for the memory. */
export async function* inBatches(batches: AsyncIterable<readonly BackupRow[]>, limits: BatchLimits): AsyncGenerator<readonly BackupRow[]> {
  let batch: BackupRow[] = []
  let size = 0
  for await (const rows of batches) {
    for (const row of rows) {
      if (batch.length === limits.rows || (batch.length > 0 && size + sizeOf(row) > limits.size)) {
        yield batch
        ;[batch, size] = [[], 0]
      }
      batch.push(row)
      size += sizeOf(row)
    }
  }
  if (batch.length > 0) yield batch
}
