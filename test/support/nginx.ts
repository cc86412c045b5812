import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, freePort, type RunningProxy, runProxy } from './proxy-process.ts'

/** The nginx of this machine, such as that of Debian's package nginx-light. Undefined when there is none. */
export const nginxPath: string | undefined = findProgram('nginx')

/** Runs nginx with these `location` blocks on a free port of this machine. */
export async function startNginx(locations: string): Promise<RunningProxy> {
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
  return runProxy(nginxPath, flags, folder, port)
}
