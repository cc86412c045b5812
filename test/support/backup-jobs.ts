import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newIdentity } from '../../src/portability/container/sealing.ts'
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
  /** Opens the backups. */
  readonly identity: string
  /** How a server seals its backups. */
  readonly sealingFlags: readonly string[]
  /** The settings of a server that makes its backups in the folder. */
  readonly flags: readonly string[]
}

/** An empty folder for backups that are sealed for a new identity. */
export async function backupFolder(): Promise<BackupFolder> {
  const path = mkdtempSync(join(tmpdir(), 'lifeguard-backups-'))
  const { identity, recipient } = await newIdentity()
  const sealingFlags = ['--backup-recipient', recipient]
  return {
    path,
    identity,
    sealingFlags,
    flags: ['--backup-to', path, ...sealingFlags],
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

export async function listBackups(server: TestServer): Promise<readonly ListedBackup[]> {
  return (await callLifeguard(server, 'ListBackups', {})).Backups
}

type Condition = (backups: readonly ListedBackup[]) => boolean

/** Waits until all backups have ended, there are at least `count`, and they meet the condition. */
export async function endedBackups(server: TestServer, count: number, condition: Condition = () => true): Promise<readonly ListedBackup[]> {
  for (const deadline = performance.now() + 100_000; performance.now() < deadline; await delay(50)) {
    const backups = await listBackups(server)
    const haveEnded = backups.every(({ Status }) => Status === 'SUCCEEDED' || Status === 'FAILED')
    if (backups.length >= count && haveEnded && condition(backups)) return backups
  }
  throw new Error(`After 100 seconds there are not ${count} backups that have ended.`)
}

/** Makes a backup. Returns it. */
export async function makeBackup(server: TestServer): Promise<ListedBackup | undefined> {
  const { Backup } = await callLifeguard(server, 'StartBackup', {})
  const all = await endedBackups(server, 1)
  return all.find(({ BackupId }) => BackupId === Backup.BackupId)
}

/** Whether only `count` good backups are not deleted. Older ones are deleted shortly after a new one has succeeded. */
export function areKept(count: number): Condition {
  return (backups) => backups.filter(({ Status, RemovedAt }) => Status === 'SUCCEEDED' && RemovedAt === undefined).length === count
}
