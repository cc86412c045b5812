import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { noteOutput, noteSettings } from '../support/evidence.ts'
import { compileCache, moduleCache, programFile } from '../support/run-cache.ts'

type Env = Readonly<Record<string, string>>
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** The working directory of the processes. `dev` keeps its data in a folder below it, so each test file has a new one. */
const workingFolder = temporaryFolder()

/** The program in a separate process whose environment is `env` and the compile cache only. `program` is its file. */
export class LifeguardProcess {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  /** `output` is the file descriptor of a file that takes the standard output in place of `stdout`. */
  constructor(
    args: readonly string[],
    env: Env = {},
    cwd: string = workingFolder,
    program: string = programFile,
    output: number | 'pipe' = 'pipe',
  ) {
    noteSettings(args, env)
    this.child = spawn(process.execPath, [...(program === programFile ? moduleCache : []), program, ...args], {
      cwd,
      env: { ...compileCache, ...env },
      stdio: ['ignore', output, 'pipe'],
    })
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk
    })
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.ended = once(this.child, 'close').then(([code]) => {
      // These commands print secrets on purpose: that of a new key, and those of users.
      if (args[0] !== 'keys' && args[0] !== 'export') noteOutput(this.stdout)
      noteOutput(this.stderr)
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr }
    })
  }

  /** The first match of `pattern` in the standard output of the process; rejects when the process ends without a match. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match !== null) return match
      const more = await Promise.race([once(this.child.stdout ?? this.child, 'data').then(() => true), this.ended.then(() => false)])
      if (!more) throw new Error(`The process ended before it wrote ${pattern}.\n${this.stdout}${this.stderr}`)
    }
  }

  /** The URL of `dev` or `serve`, once the server is ready. */
  async url(): Promise<string> {
    const [, url = ''] = await this.says(/(?:Endpoint\s+|"url":")(https?:\/\/[^\s"]+)/)
    return url
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal)
    return this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

/** Runs a command to its end. */
export function lifeguard(args: readonly string[], env: Env = {}, program: string = programFile): Promise<Ended> {
  return new LifeguardProcess(args, env, workingFolder, program).ended
}

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-cli-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A port that is in use until `release`. */
export async function takenPort(): Promise<{ port: number; release(): void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, release: () => server.close() }
}

export const masterKey = Buffer.alloc(32, 7).toString('base64')
