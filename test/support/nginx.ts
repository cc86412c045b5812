import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const usualPlaces = [...(process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'nginx')), '/usr/sbin/nginx']

/** The nginx of this machine, such as that of Debian's package nginx-light. Undefined when there is none. */
export const nginxPath: string | undefined = usualPlaces.find((path) => existsSync(path))

/** Runs nginx with these `location` blocks on a free port of this machine. */
export async function startNginx(locations: string): Promise<AsyncDisposable & { readonly url: string }> {
  if (nginxPath === undefined) throw new Error('This machine has no nginx.')
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-nginx-'))
  mkdirSync(join(folder, 'temp'))
  const port = await freePort()
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temp/${name};`).join(' ')
  const server = `server { listen 127.0.0.1:${port}; merge_slashes off; ${locations} }`
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${paths} ${server} }`,
  )
  const flags = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]
  execFileSync(nginxPath, [...flags, '-t'], { stdio: 'pipe' })
  const child = spawn(nginxPath, flags, { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  await untilItAnswers(
    url,
    () => child.exitCode !== null,
    () => readFileSync(join(folder, 'error.log'), 'utf8'),
  )
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function untilItAnswers(url: string, hasEnded: () => boolean, log: () => string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer !== undefined) return
    if (hasEnded()) throw new Error(`nginx has ended: ${log()}`)
  }
}
