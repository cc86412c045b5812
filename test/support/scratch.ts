import { accessSync, constants, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const inMemory = '/dev/shm'
/** The free space that counts as enough for the databases. Containers often have only 64 MB of shared memory, which is too little. */
const enoughBytes = 1_000_000_000

/** The folder for databases of tests: in memory if there is space, because creating a database on a disk takes thirty times as long. */
export function scratchFolder(): string {
  try {
    accessSync(inMemory, constants.W_OK)
    const { bavail, bsize } = statfsSync(inMemory)
    return bavail * bsize > enoughBytes ? inMemory : tmpdir()
  } catch {
    return tmpdir()
  }
}
