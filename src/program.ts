import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { chooseCommand } from './cli/commands.ts'
import { SettingsError } from './settings.ts'

// Half of a start is reading modules. The cache lies inside the package, where only its owner writes; without it all is as well.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/lifeguard', import.meta.url)))

/** npm hands the terminal's Ctrl-C on to a process that has had it already; that is still the first request to stop. */
const sameSignalMs = 500

/**
 * Listens for signals from the first moment, since one may come between the line that says "ready" and whatever follows it. Resolves
 * with the first; a second one ends the process at once.
 */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const heard = () => {
      const now = performance.now()
      if (askedAt !== undefined && now - askedAt > sameSignalMs) process.exit(1)
      askedAt ??= now
      resolve()
    }
    process.on('SIGTERM', heard)
    process.on('SIGINT', heard)
  })
}

function fail(error: unknown): never {
  console.error(error instanceof SettingsError ? `lifeguard: ${error.message}` : error)
  process.exit(1)
}

/** Runs the command that the process was started with. A server runs until the first signal. */
export async function runProgram(): Promise<void> {
  try {
    const stopping = firstSignal()
    const { command, argv } = chooseCommand(process.argv.slice(2))
    if (command.endsAtOnce) stopping.then(() => process.exit(1))
    const running = command.run({ argv, env: process.env })
    // A server may wait for its database at its start; whatever it has begun, it can be cut off at any moment.
    const server = await (command.isServer ? Promise.race([running, stopping]) : running)
    if (server !== undefined) {
      const lost = await Promise.race([stopping.then(() => undefined), server.lost])
      if (lost !== undefined) console.error(`lifeguard: ${lost.message}`)
      await server.close()
      if (lost !== undefined) process.exit(1)
    }
    if (command.isServer) process.exit(0)
  } catch (error) {
    fail(error)
  }
}
