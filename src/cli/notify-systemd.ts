import { execFile } from 'node:child_process'

/** How long systemd-notify may take. It waits until systemd has read the message. */
const notifyMs = 5000

/**
 * Tells systemd that the server is ready, if systemd asks for it (`Type=notify`). Node has no datagram sockets of the local machine, so the
 * program of systemd sends the message. Resolves with what went wrong, if anything.
 */
export function notifySystemd(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const { NOTIFY_SOCKET, PATH } = env
  if (!NOTIFY_SOCKET) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const options = { env: { NOTIFY_SOCKET, PATH }, timeout: notifyMs, killSignal: 'SIGKILL' } as const
    execFile('systemd-notify', ['--ready'], options, (failure) => resolve(failure === null ? undefined : reasonOf(failure)))
  })
}

function reasonOf({ code, killed }: { readonly code?: string | number | null; readonly killed?: boolean }): string {
  if (killed) return `it took longer than ${notifyMs / 1000} seconds`
  return code === 'ENOENT' ? 'it is not installed' : `it failed (${code})`
}
