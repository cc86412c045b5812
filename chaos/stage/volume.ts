import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder on a small file system in memory, which can be filled and made read-only. */
export class Volume implements Disposable {
  readonly folder: string
  readonly #onExit = () => this.#unmount()

  private constructor(folder: string) {
    this.folder = folder
    process.once('exit', this.#onExit)
  }

  /** @throws Error when this user may not mount a file system */
  static mount(megabytes: number): Volume {
    const folder = mkdtempSync(join(tmpdir(), 'lifeguard-chaos-'))
    try {
      mount(['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
    } catch (error) {
      rmSync(folder, { recursive: true })
      throw error
    }
    return new Volume(folder)
  }

  /** Uses all free space. The node may take some of it at the same time. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.folder)
    try {
      writeFileSync(this.#ballast, Buffer.alloc(bavail * bsize))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  /** Makes the file system read-only or writable. Read-only fails while a file is open for writing. */
  setReadOnly(isReadOnly: boolean): void {
    mount(['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.folder])
  }

  get #ballast(): string {
    return join(this.folder, 'ballast')
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    this.#unmount()
  }

  #unmount(): void {
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'ignore' })
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function mount(args: readonly string[]): void {
  execFileSync('mount', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
