import { chooseCommand } from './cli/commands.ts'
import { SettingsError } from './settings.ts'

/**
 * A second signal within this time after the first one is ignored: both come from one Ctrl-C. The terminal sends it to this process, and
 * npm passes it on once more.
 */
const sameSignalMs = 500

/**
 * Listens for signals from the beginning, since a signal may arrive right after the line that says "ready". Resolves with the first
 * signal. A second one ends the process at once.
 */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const onSignal = (signal: NodeJS.Signals) => {
      const now = performance.now()
      if (firstAt !== undefined && now - firstAt > sameSignalMs) process.exit(1)
      firstAt ??= now
      resolve(signal)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

function fail(error: unknown): never {
  console.error(error instanceof SettingsError ? `lifeguard: ${error.message}` : error)
  process.exit(1)
}

/** Runs the command that the process was started with. A server runs until the first signal. */
export async function runProgram(): Promise<void> {
  try {
    const signal = firstSignal()
    const { command, argv } = chooseCommand(process.argv.slice(2))
    if (command.endsAtOnce) signal.then(() => process.exit(1))
    const running = command.run({ argv, env: process.env })
    // A server may still be waiting for its database when the signal arrives, so the signal also ends a start.
    const server = await (command.isServer ? Promise.race([running, signal.then(() => undefined)]) : running)
    if (server !== undefined) {
      const cause = await Promise.race([signal, server.failed])
      if (typeof cause !== 'string') console.error(`lifeguard: ${cause.message}`)
      await server.close(typeof cause === 'string' ? cause : undefined)
      if (typeof cause !== 'string') process.exit(1)
    }
    if (command.isServer) process.exit(0)
  } catch (error) {
    fail(error)
  }
}
