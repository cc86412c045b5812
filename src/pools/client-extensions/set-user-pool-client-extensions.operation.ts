import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { AppClient } from '../app-client.ts'
import { changeClient } from '../change-client.ts'
import type { PageTextCatalog } from '../extensions/page-texts.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { readClientExtensions, writeClientExtensions } from './client-extensions-wire.ts'
import type { JwksUriRule } from './jwks-uri.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog; pageTexts: PageTextCatalog; jwksUriRule: JwksUriRule }

/** Lifeguard's own operation: sets extensions of an app client. A section in the request replaces the old section. Other sections stay. */
export const setUserPoolClientExtensions = operation('SetUserPoolClientExtensions', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    let changed: AppClient | undefined
    await changeClient(deps, { poolId: request.UserPoolId, clientId: request.ClientId }, async (before, tx, pool) => {
      changed = { ...before, extensions: readClientExtensions({ ...deps, pool }, before, request) }
      await audit.record(tx, { changedMembers: changedMembers(writeClientExtensions(before), writeClientExtensions(changed)) })
      return changed
    })
    return changed === undefined ? {} : writeClientExtensions(changed)
  },
})
