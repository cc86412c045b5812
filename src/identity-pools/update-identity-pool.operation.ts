import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import type { Quotas } from '../pools/quotas.ts'
import type { Db } from '../storage/db.ts'
import { changeIdentityPool } from './change-identity-pool.ts'
import type { IdentityPool } from './identity-pool.ts'
import { requireConsistentIdentityPool, requireDeveloperProvider } from './identity-pool-rules.ts'
import { readSettings, writeIdentityPool } from './identity-pool-wire.ts'

type Deps = { db: Db; clock: Clock; quotas: Quotas; secrets: Secrets }

export const updateIdentityPool = operation('UpdateIdentityPool', {
  auth: 'iam',
  isAudited: true,

  /**
   * Replaces all settings: a member that the request does not have returns to its default. The roles are kept.
   * @NOTE Two members are kept when the request does not have them, because Terraform leaves them out of each update: the tags, and the
   *   developer provider name, which cannot be changed.
   */
  async handle(request, { db, clock, quotas, secrets }: Deps, { audit }: AuditedCaller) {
    const write = (pool: IdentityPool) => writeIdentityPool(secrets, pool)
    const settings = readSettings(secrets, request.IdentityPoolId, request)
    const changed = await changeIdentityPool({ db, clock, audit }, request.IdentityPoolId, write, (before) => {
      const tags = request.IdentityPoolTags === undefined ? before.tags : settings.tags
      requireConsistentIdentityPool(quotas, settings, request.SupportedLoginProviders ?? {})
      const { developerProvider: after, oidcProviderArns } = settings
      const developerProvider = requireDeveloperProvider({ before: before.developerProvider, after, oidcProviderArns })
      return { ...before, ...settings, tags, developerProvider }
    })
    return write(changed)
  },
})
