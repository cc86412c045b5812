import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../base/logger.ts'

/** How long systemd-notify may take. It waits until systemd has read the message. */
const notifyMs = 5000
const pauseMs = 3000
/** How long to retry. On a busy machine systemd or a new process may be slow, but not for longer than this. */
const retryMs = 300_000

/**
 * Tells systemd that the server is ready, if systemd asks for it (`Type=notify`). Node has no datagram sockets of the local machine, so the
 * program of systemd sends the message. Retries, because systemd ends a server that it takes for one that does not start. Never rejects.
 */
export async function notifySystemd(
  env: Readonly<Record<string, string | undefined>>,
  logger: Pick<Logger, 'warn' | 'error'>,
): Promise<void> {
  if (!env['NOTIFY_SOCKET']) return
  const endsAt = performance.now() + retryMs
  for (let attempt = 1; ; attempt++) {
    const failure = await sendReady(env)
    if (failure === undefined) {
      if (attempt > 1) logger.warn(`systemd-notify: attempt ${attempt} succeeded. systemd knows that the server is ready.`)
      return
    }
    const problem = `systemd-notify: ${reasonOf(failure)}. systemd does not know that the server is ready`
    if (failure.code === 'ENOENT' || performance.now() > endsAt) {
      logger.error(`${problem}, and ends it after TimeoutStartSec. Install systemd-notify, or write Type=exec into the unit.`)
      return
    }
    if (attempt === 1) logger.warn(`${problem}. Trying again for ${retryMs / 60_000} minutes.`)
    await delay(pauseMs, undefined, { ref: false })
  }
}

type Failure = { readonly code?: string | number | null; readonly killed?: boolean }

/** Resolves with what went wrong, if anything. */
function sendReady({ NOTIFY_SOCKET, PATH }: Readonly<Record<string, string | undefined>>): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const options = { env: { NOTIFY_SOCKET, PATH }, timeout: notifyMs, killSignal: 'SIGKILL' } as const
    execFile('systemd-notify', ['--ready'], options, (failure) => resolve(failure ?? undefined))
  })
}

function reasonOf({ code, killed }: Failure): string {
  if (killed) return `it took longer than ${notifyMs / 1000} seconds`
  return code === 'ENOENT' ? 'it is not installed' : `it failed (${code})`
}
