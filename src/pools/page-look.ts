import type { Db } from '../storage/db.ts'
import { allClients } from './app-client.ts'
import { type Branding, brandingByClient, brandings } from './managed-login-branding/branding.ts'
import { assetPrefix, brandingAssets, imagesIn, type StyleImage } from './managed-login-branding/branding-asset.ts'
import { readStyleValues, type StyleValues } from './managed-login-branding/style-values.ts'
import { findResource, findResources, listResourcesUnder } from './pool-resource-repository.ts'
import { type Terms, termsByName, termsDocuments, termsKey, termsNames } from './terms/terms.ts'
import { type SheetOfParts, sheetOfParts } from './ui-customization/classic-css.ts'
import { logoPath, uiCustomizations } from './ui-customization/ui-customization.ts'

/** What administrators set about the hosted pages of an app client. It holds no images and style sheets, so that many fit into memory. */
export type PageLook = {
  readonly poolId: string
  /** The UI customization for the classic pages: the client's own, or the one for all clients. */
  readonly classic: ClassicLook | undefined
  /** The style for the pages of managed login. */
  readonly managed: ManagedLook | undefined
  /** The links of each terms document, by language. */
  readonly terms: ReadonlyMap<(typeof termsNames)[number], Terms['config']['links']>
}

export type ClassicLook = { readonly ownerId: string; readonly sheetDigest: string | undefined; readonly logoPath: string | undefined }

export type ManagedLook = {
  readonly brandingId: string
  /** Whether the style asks for the default look. */
  readonly isDefault: boolean
  readonly values: StyleValues
  readonly images: readonly StyleImage[]
}

export async function findPageLook(db: Db, poolId: string, clientId: string): Promise<PageLook> {
  const [classic, managed, terms] = await Promise.all([
    findClassicLook(db, poolId, clientId),
    findManagedLook(db, poolId, clientId),
    findTerms(db, poolId, clientId),
  ])
  return { poolId, classic, managed, terms }
}

async function findClassicLook(db: Db, poolId: string, clientId: string): Promise<ClassicLook | undefined> {
  const found = await findResources(db, poolId, uiCustomizations, [clientId, allClients])
  const customization = found.find(({ id }) => id === clientId) ?? found[0]
  if (customization === undefined) return undefined
  const { id, config } = customization
  return { ownerId: id, sheetDigest: sheetOf(config.css)?.digest, logoPath: config.logo && logoPath(poolId, id, config.logo.digest) }
}

/** The style sheet of a UI customization, as the pages get it. */
export async function findClassicSheet(db: Db, poolId: string, ownerId: string): Promise<SheetOfParts | undefined> {
  return sheetOf((await findResource(db, poolId, uiCustomizations, ownerId))?.config.css)
}

const sheetOf = (css: string | undefined): SheetOfParts | undefined => (css === undefined ? undefined : sheetOfParts(css))

async function findManagedLook(db: Db, poolId: string, clientId: string): Promise<ManagedLook | undefined> {
  const byClient = await findResource(db, poolId, brandingByClient, clientId)
  const branding = byClient && (await findResource(db, poolId, brandings, byClient.config.brandingId))
  if (branding === undefined) return undefined
  const { isDefault, settings } = branding.config
  const images = await findStyleImages(db, poolId, branding)
  return { brandingId: branding.id, isDefault, values: readStyleValues(settings), images }
}

export async function findStyleImages(db: Db, poolId: string, { id, config }: Branding): Promise<readonly StyleImage[]> {
  return config.images ?? imagesIn(await listResourcesUnder(db, poolId, brandingAssets, assetPrefix(id)))
}

async function findTerms(db: Db, poolId: string, clientId: string): Promise<PageLook['terms']> {
  const keys = termsNames.map((name) => termsKey(clientId, name))
  const byName = await findResources(db, poolId, termsByName, keys)
  const ids = byName.map(({ config }) => config.termsId)
  const documents = await findResources(db, poolId, termsDocuments, ids)
  return new Map(
    termsNames.flatMap((name) => documents.filter(({ config }) => config.name === name).map(({ config }) => [name, config.links])),
  )
}
