import { accessSync, constants, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const inMemory = '/dev/shm'
/** Containers often give no more than 64 MB. */
const enoughBytes = 1_000_000_000

/** Where databases of tests live: in memory if there is room, because creating one on a disk takes thirty times as long. */
export function scratchFolder(): string {
  try {
    accessSync(inMemory, constants.W_OK)
    const { bavail, bsize } = statfsSync(inMemory)
    return bavail * bsize > enoughBytes ? inMemory : tmpdir()
  } catch {
    return tmpdir()
  }
}
