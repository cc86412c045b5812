import type { FastifyInstance } from 'fastify'
import { isLoopbackHost } from '../loopback.ts'

/**
 * Refuses requests whose Host is not loopback. A page that the developer visits could otherwise point its own name at
 * 127.0.0.1 (DNS rebinding) and, being of the same origin then, read the inbox and call every operation.
 */
export function guardHost(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (isLoopbackHost(hostName(request.headers.host))) done()
    else reply.code(403).send({ message: 'The development server answers on loopback host names only.' })
  })
}

/** The Host header without its port; an IPv6 address keeps its brackets (RFC 9110 §7.2). */
function hostName(header: string | undefined): string {
  return /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(header ?? '')?.[1] ?? ''
}
