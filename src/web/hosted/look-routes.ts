import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { brandings } from '../../pools/managed-login-branding/branding.ts'
import { assetId, brandingAssets, digestOf, type StyleImage } from '../../pools/managed-login-branding/branding-asset.ts'
import { findClassicSheet, findStyleImages } from '../../pools/page-look.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { findResource } from '../../pools/pool-resource-repository.ts'
import type { Db } from '../../storage/db.ts'
import { answering, type OAuthRouteOptions } from '../oauth/oauth-route.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { styleSheetOf } from '../pages/branding/style-sheet.ts'

type Deps = { readonly db: Db; readonly pools: PoolCatalog }
type Path = { readonly userPoolId: string; readonly owner: string; readonly file: string }
type Found = { readonly content: string | Buffer; readonly digest: string; readonly type: string }
type Find = (deps: Deps, poolId: string, owner: string, digest: string) => Promise<Found | undefined>

/** What the pages of app clients load. An address may name anything; only texts that could be an id and a digest are looked up. */
export function lookRoutes(app: FastifyInstance, deps: Deps, options: OAuthRouteOptions): void {
  const add = (kind: string, find: Find) =>
    app.get<{ Params: Path }>(`/pages/${kind}/:userPoolId/:owner/:file`, async (request, reply) => {
      const work = () => runAdmitted(options, () => findFile(deps, find, request.params))
      const answer = async () => send(reply, await work())
      return answering(options, request as FastifyRequest, answer, ({ status }) => reply.code(status).send({ message: 'Not available' }))
    })
  add('classic', findClassic)
  add('managed', findManaged)
  add('images', findImageFile)
}

type Answer = Found & { readonly isCurrent: boolean }

async function findFile(deps: Deps, find: Find, { userPoolId, owner, file }: Path): Promise<Answer | undefined> {
  const digest = /^([0-9a-f]{32})\.[a-z]{3,4}$/.exec(file)?.[1]
  if (digest === undefined || !/^[\w+-]{1,128}$/.test(owner)) return undefined
  const pool = await deps.pools.findPool(userPoolId)
  const found = pool && (await find(deps, pool.id, owner, digest))
  return found && { ...found, isCurrent: found.digest === digest }
}

/** An SVG that is opened alone is a document of this origin. The sandbox takes scripts, forms and the origin away from it. */
const policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

/** Browsers may keep what an address names for ever (RFC 8246). A style sheet that was replaced meanwhile is answered with the new one. */
function send(reply: FastifyReply, found: Answer | undefined): FastifyReply {
  if (found === undefined) return reply.callNotFound() as unknown as FastifyReply
  const { content, type, isCurrent } = found
  if (isCurrent) reply.header('cache-control', 'public, max-age=31536000, immutable')
  return reply.headers({ 'content-type': type, 'content-security-policy': policy }).send(content)
}

const css = 'text/css; charset=utf-8'

const findClassic: Find = async ({ db }, poolId, owner) => {
  const sheet = await findClassicSheet(db, poolId, owner)
  return sheet && { content: sheet.text, digest: sheet.digest, type: css }
}

const findManaged: Find = async ({ pools }, poolId, owner) => {
  const look = await pools.findLookOf(owner)
  if (look?.managed === undefined || look.poolId !== poolId) return undefined
  const { text, digest } = styleSheetOf(poolId, look.managed)
  return { content: text, digest, type: css }
}

const types: Readonly<Record<StyleImage['extension'], string>> = {
  ICO: 'image/x-icon',
  JPEG: 'image/jpeg',
  PNG: 'image/png',
  SVG: 'image/svg+xml',
  WEBP: 'image/webp',
}

const findImageFile: Find = async ({ db }, poolId, brandingId, digest) => {
  const branding = await findResource(db, poolId, brandings, brandingId)
  if (branding === undefined) return undefined
  const image = (await findStyleImages(db, poolId, branding)).find((one) => one.digest === digest)
  const asset = image && (await findResource(db, poolId, brandingAssets, assetId(brandingId, image)))
  const { bytes } = asset?.config ?? {}
  // An update between the two queries may have replaced the image.
  if (image === undefined || !bytes || digestOf(bytes) !== digest) return undefined
  return { content: Buffer.from(bytes, 'base64'), digest, type: types[image.extension] }
}
