import { connect } from 'node:net'

/** How long another server may take to accept a connection. */
export const connectMs = 5000

/** Connects to the server of an `http:` or `https:` URL, and sends nothing. Returns why that fails, in words, or undefined. */
export function findConnectProblem(url: string): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) })
    .on('connect', () => resolve(undefined))
    .on('error', ({ code }: NodeJS.ErrnoException) => resolve(connectProblems[code ?? ''] ?? `it does not answer (${code})`))
  const timer = setTimeout(() => resolve(`no answer within ${connectMs / 1000} seconds`), connectMs)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}

const connectProblems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name is unknown',
}
