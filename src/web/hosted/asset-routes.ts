import type { FastifyInstance } from 'fastify'
import { pageStyles, pageStylesPath } from '../pages/styles.ts'

/** What the pages load. The addresses change with the content, so browsers may keep it for ever (RFC 8246). */
export function pageAssetRoutes(app: FastifyInstance): void {
  app.get(pageStylesPath, async (_request, reply) =>
    reply.headers({ 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' }).send(pageStyles),
  )
}
