import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The time until `lifeguard dev` is ready, as `lifeguard dev` itself prints it. The time includes the start of Node. */
export type StartUp = { readonly what: string; readonly firstMilliseconds: number; readonly laterMilliseconds: number }

const rounds = 5

/** Each start has an empty data folder. The first start may find no compile cache. Of the later starts the median counts. */
export async function measureStartUp(): Promise<StartUp[]> {
  const results: StartUp[] = []
  for (const [what, main] of [
    ['from source (`npm start`)', 'src/main.ts'],
    ['built (`npm run build`)', 'dist/main.js'],
  ] as const) {
    const first = await start(main)
    const later: number[] = []
    for (let round = 0; round < rounds; round++) later.push(await start(main))
    results.push({
      what,
      firstMilliseconds: first,
      laterMilliseconds: later.sort((left, right) => left - right)[rounds >> 1] ?? Number.NaN,
    })
  }
  return results
}

async function start(main: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-bench-'))
  const child = spawn(process.execPath, [main, 'dev', '--port', '0', '--data', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    for await (const line of createInterface(child.stdout)) {
      const ready = /ready after (\d+) ms/.exec(line)
      if (ready !== null) return Number(ready[1])
    }
    throw new Error(`${main} ended before it was ready.`)
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}
