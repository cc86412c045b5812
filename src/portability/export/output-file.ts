import { createWriteStream, existsSync, rmSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { Writable } from 'node:stream'
import type { Encrypter } from 'age-encryption'

/** What the operator can correct about the output: a file that exists, a full disk, a closed pipe. The message is one line. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
}

/** One file, or the standard output. */
export type Output = {
  write(text: string): Promise<void>
  /** Writes what is left, and waits until the disk has it. */
  close(): Promise<void>
  /** Gives the file its name. Call it after `close`. */
  publish(): Promise<void>
  /** Removes the file if it has no name yet. */
  discard(): Promise<void>
}

/** Files that are not complete. They are removed when the process ends, because they contain secrets. */
const incomplete = new Set<string>()
process.on('exit', () => {
  for (const path of incomplete) rmSync(path, { force: true })
})

/**
 * Opens a new file that its owner alone can read. Until it is published, its name ends with `.partial`.
 *
 * @param encrypter seals the file with age, if it is given
 * @throws OutputError when there is such a file, or when it cannot be created
 */
export async function openOutputFile(path: string, encrypter: Encrypter | undefined): Promise<Output> {
  const partial = `${path}.partial`
  if (existsSync(path)) throw new OutputError(`${path} exists. Give another name, or remove the file.`)
  const file = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true })
  await new Promise((resolve, reject) => file.once('open', resolve).once('error', reject)).catch((error) => {
    throw isCode(error, 'EEXIST')
      ? new OutputError(`${partial} exists: another export writes it, or was interrupted. Remove it if no export is running.`)
      : failed(partial, error)
  })
  incomplete.add(partial)
  const stream = await openStream(file, encrypter, partial)
  return {
    ...stream,

    async publish() {
      if (existsSync(path)) throw new OutputError(`${path} exists. Give another name, or remove the file.`)
      await rename(partial, path)
      incomplete.delete(partial)
    },

    async discard() {
      file.destroy()
      if (incomplete.delete(partial)) rmSync(partial, { force: true })
    },
  }
}

/** Writes to the standard output of the process, which cannot be written to afterwards. */
export async function openStandardOutput(encrypter: Encrypter | undefined): Promise<Output> {
  const stream = await openStream(process.stdout, encrypter, 'standard output')
  return { ...stream, publish: async () => undefined, discard: async () => undefined }
}

async function openStream(target: Writable, encrypter: Encrypter | undefined, name: string): Promise<Pick<Output, 'write' | 'close'>> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const source: ReadableStream<Uint8Array> = encrypter === undefined ? readable : await encrypter.encrypt(readable)
  const written = source.pipeTo(Writable.toWeb(target) as WritableStream<Uint8Array>)
  // A failure of the target also rejects the next write, which reports it.
  written.catch(() => undefined)
  const writer = writable.getWriter()
  writer.closed.catch(() => undefined)
  const encoder = new TextEncoder()
  const reported = async (work: Promise<unknown>) => {
    await work.catch((error) => {
      throw failed(name, error)
    })
  }
  return {
    write: (text) => reported(writer.write(encoder.encode(text))),
    close: () => reported(Promise.all([writer.close(), written])),
  }
}

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException | undefined)?.code === code

function failed(name: string, error: unknown): OutputError {
  const { code, message } = error as NodeJS.ErrnoException
  return new OutputError(`${name} cannot be written (${code ?? message}).`)
}
