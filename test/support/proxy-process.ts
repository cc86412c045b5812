import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'

export type RunningProxy = AsyncDisposable & { readonly url: string }

/** The path of a program on this machine. Undefined when there is none. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/bin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** Runs a proxy until it is disposed of, which removes its folder as well. Resolves when the proxy answers on the port. */
export async function runProxy(command: string, flags: readonly string[], folder: string, port: number): Promise<RunningProxy> {
  const child = spawn(command, flags, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer !== undefined) break
    if (child.exitCode !== null) throw new Error(`${command} has ended: ${readFileSync(join(folder, 'error.log'), 'utf8')}`)
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
