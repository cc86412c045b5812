import type { FastifyInstance } from 'fastify'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { findResource } from '../pools/pool-resource-repository.ts'
import { logoPath, uiCustomizations } from '../pools/ui-customization/ui-customization.ts'
import type { Db } from '../storage/db.ts'

type Deps = { readonly db: Db; readonly pools: PoolCatalog }
/** The client id in a URL may be any text. The server looks up only a text that could be a client id. */
const couldBeClientId = /^[\w+]{1,128}$/

type LogoPath = { Params: { userPoolId: string; clientId: string; digest: string } }

/** The logos of UI customizations. Each URL always names the same image, so it may be cached for ever. */
export function logoRoutes(app: FastifyInstance, { db, pools }: Deps): void {
  app.get<LogoPath>(logoPath(':userPoolId', ':clientId', ':digest'), async (request, reply) => {
    const { userPoolId, clientId, digest } = request.params
    const pool = couldBeClientId.test(clientId) ? await pools.findPool(userPoolId) : undefined
    const customization = pool && (await findResource(db, pool.id, uiCustomizations, clientId))
    const logo = customization?.config.logo
    if (logo?.digest !== digest) return reply.callNotFound()
    reply.headers({ 'content-type': `image/${logo.type}`, 'cache-control': 'public, max-age=31536000, immutable' })
    return reply.send(Buffer.from(logo.bytes, 'base64'))
  })
}
