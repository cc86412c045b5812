import { createHash } from 'node:crypto'
import { lstat, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { dayMs } from '../../base/durations.ts'

/** The folders of this process. */
const own = new Set<string>()

/** The parent folder may be shared with other machines. A folder of theirs that has not changed for so long is left from a killed process. */
const abandonedAfterMs = dayMs

/** Processes of this machine or container have this in the names of their folders, and their id. */
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

const namePattern = /^lifeguard-backup-([0-9a-f]{8})-(\d{1,10})-\w{6}$/

/** Gives `use` a new folder, which is removed when it has ended. */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `lifeguard-backup-${host}-${process.pid}-`))
  own.add(folder)
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    own.delete(folder)
  }
}

/** Removes the folders that killed processes have left. Folders of other users of the machine stay. */
export async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, nameOfHost, pid] = namePattern.exec(name) ?? []
    const folder = join(tmpdir(), name)
    if (pid === undefined || own.has(folder) || !(await isOurs(folder))) continue
    // A new process may have the id that the killed one had.
    const isOfDead = nameOfHost === host && (Number(pid) === process.pid || !isRunning(Number(pid)))
    if (isOfDead || (await isOld(folder))) await rm(folder, { recursive: true, force: true })
  }
}

async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined)
  return found?.isDirectory() === true && found.uid === (process.geteuid?.() ?? found.uid)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: the process belongs to another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function isOld(folder: string): Promise<boolean> {
  const paths = [folder, ...(await readdir(folder).catch(() => [])).map((name) => join(folder, name))]
  const times = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0))
  return Math.max(...times) < Date.now() - abandonedAfterMs
}
