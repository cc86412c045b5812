import { open } from 'node:fs/promises'
import type { BackupContent, BackupPart, BackupRow } from '../../src/portability/backup-rows.ts'
import { openContainer } from '../../src/portability/container/read-container.ts'
import type { Opening } from '../../src/portability/container/sealing.ts'
import { type RowsByTable, readRows } from './backups.ts'

/** Content of a backup with these rows; the tables have the order of `rows`. */
export function contentOf(rows: RowsByTable): BackupContent {
  async function* batches(some: readonly BackupRow[]): BackupPart['rows'] {
    for (let at = 0; at < some.length; at += 100) yield some.slice(at, at + 100)
  }
  async function* parts(): BackupContent['parts'] {
    for (const [table, some] of Object.entries(rows)) yield { table: table as BackupPart['table'], rows: batches(some) }
  }
  return {
    head: { scope: { kind: 'everything' }, migration: '0036-risk-counters', program: '0.1.0', engine: 'sqlite', at: 1_700_000_000_000 },
    keys: { rowKey: Buffer.alloc(32, 7), lastingSubkeys: [] },
    parts: parts(),
  }
}

/** Opens a backup file and reads all its rows. */
export async function readBackupFile(path: string, opening: Opening): Promise<{ content: BackupContent; rows: RowsByTable }> {
  const file = await open(path, 'r')
  try {
    const content = await openContainer(file, opening)
    return { content, rows: await readRows(content) }
  } finally {
    await file.close()
  }
}
