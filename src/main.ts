#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { chooseCommand } from './cli/commands.ts'
import type { RunningServer } from './server.ts'
import { SettingsError } from './settings.ts'

// Half of a start is reading modules. The cache lies inside the package, where only its owner writes; without it all is as well.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/lifeguard', import.meta.url)))

/** npm hands the terminal's Ctrl-C on to a process that has had it already; that is still the first request to stop. */
const sameSignalMs = 500

function stopOnSignal(server: RunningServer): void {
  let askedAt: number | undefined
  const stop = () => {
    const now = performance.now()
    if (askedAt === undefined) {
      askedAt = now
      server.close().then(() => process.exit(0), fail)
    } else if (now - askedAt > sameSignalMs) process.exit(1)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function fail(error: unknown): never {
  console.error(error instanceof SettingsError ? `lifeguard: ${error.message}` : error)
  process.exit(1)
}

try {
  const { command, argv } = chooseCommand(process.argv.slice(2))
  const server = await command.run({ argv, env: process.env })
  if (server !== undefined) stopOnSignal(server)
} catch (error) {
  fail(error)
}
