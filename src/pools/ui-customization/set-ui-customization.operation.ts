import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { SetUICustomizationRequest, UICustomizationType } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { allClients } from '../app-client.ts'
import { requireLockedClient } from '../change-client.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource, findResource, putResource } from '../pool-resource-repository.ts'
import { requireValidCss } from './classic-css.ts'
import { readLogo, requireDomain, type UiCustomization, uiCustomizations } from './ui-customization.ts'
import { writeUiCustomization } from './ui-customization-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; publicUrl: string }

/** Replaces the whole customization. A request with neither style sheet nor image removes it. */
export const setUICustomization = operation('SetUICustomization', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools, publicUrl }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: id = allClients } = request
    const now = clock.now()
    const requested: UiCustomization = { id, createdAt: now, updatedAt: now, config: readCustomization(request) }
    const customization = await db.transaction().execute(async (tx): Promise<UICustomizationType> => {
      await requireLockedPool(tx, poolId)
      if (id !== allClients) await requireLockedClient(tx, secrets, poolId, id)
      await requireDomain(tx, poolId)
      const before = await findResource(tx, poolId, uiCustomizations, id)
      const answer = await putOrDelete(tx, poolId, requested, publicUrl)
      await audit.record(tx, { changedMembers: changedMembers(before ? membersOf(before) : {}, membersOf(requested)) })
      return answer
    })
    await pools.invalidate(poolId)
    return { UICustomization: customization }
  },
})

const membersOf = ({ config }: UiCustomization) => ({ CSS: config.css, ImageFile: config.logo?.digest })

function readCustomization({ CSS: css = '', ImageFile: image }: SetUICustomizationRequest): UiCustomization['config'] {
  requireValidCss(css)
  return { css: css === '' ? undefined : css, logo: image?.length ? readLogo(image) : undefined }
}

async function putOrDelete(tx: Tx, poolId: string, requested: UiCustomization, publicUrl: string): Promise<UICustomizationType> {
  const { css, logo } = requested.config
  if (css !== undefined || logo !== undefined) {
    return writeUiCustomization(poolId, await putResource(tx, poolId, uiCustomizations, requested), publicUrl)
  }
  await deleteResource(tx, poolId, uiCustomizations, requested.id)
  return {}
}
