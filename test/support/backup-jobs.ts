import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { callLifeguard } from './lifeguard-operations.ts'
import type { TestServer } from './test-server.ts'

/** A backup as ListBackups shows it. */
export type ListedBackup = {
  readonly BackupId: string
  readonly Status: 'STARTED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'
  readonly Cause: string
  readonly Rows?: number
  readonly Bytes?: number
  readonly Location?: string
  readonly FailureReason?: string
  readonly RemovedAt?: number
}

export type BackupFolder = Disposable & {
  readonly path: string
  readonly passphrase: string
  readonly passphraseFile: string
  /** The settings of a server that makes its backups in the folder. */
  readonly flags: readonly string[]
}

/** An empty folder for backups, and a file with their passphrase outside of it. */
export function backupFolder(): BackupFolder {
  const root = mkdtempSync(join(tmpdir(), 'lifeguard-backups-'))
  const path = mkdtempSync(join(root, 'to-'))
  const passphrase = randomBytes(18).toString('base64')
  const passphraseFile = join(root, 'passphrase')
  writeFileSync(passphraseFile, `${passphrase}\n`)
  chmodSync(passphraseFile, 0o600)
  return {
    path,
    passphrase,
    passphraseFile,
    flags: ['--backup-to', path, '--backup-passphrase-file', passphraseFile],
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

export async function listBackups(server: TestServer): Promise<readonly ListedBackup[]> {
  return (await callLifeguard(server, 'ListBackups', {})).Backups
}

/** Waits until the latest backup has ended, and there are at least `count` backups. */
export async function endedBackups(server: TestServer, count: number): Promise<readonly ListedBackup[]> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await delay(50)) {
    const backups = await listBackups(server)
    if (backups.length >= count && backups.every(({ Status }) => Status === 'SUCCEEDED' || Status === 'FAILED')) return backups
  }
  throw new Error(`After 30 seconds there are not ${count} backups that have ended.`)
}

/** Makes a backup. Returns it. */
export async function makeBackup(server: TestServer): Promise<ListedBackup | undefined> {
  const { Backup } = await callLifeguard(server, 'StartBackup', {})
  const all = await endedBackups(server, 1)
  return all.find(({ BackupId }) => BackupId === Backup.BackupId)
}
