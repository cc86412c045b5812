import { listRoles as listStoredRoles } from '../../access/roles/role-repository.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { readPageToken, writePageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import { writeRole } from './role-wire.ts'

type Deps = { db: Db; secrets: Secrets }

const largestPage = 60
const list = 'ListRoles'

/** Lifeguard's own operation: the roles with their policies, in the order of their ARNs. */
export const listRoles = operation('ListRoles', {
  auth: 'iam',

  async handle({ MaxResults: size = largestPage, NextToken }, { db, secrets }: Deps) {
    const found = await listStoredRoles(db, { after: readPageToken(secrets, list, NextToken), limit: size + 1 })
    const roles = found.slice(0, size)
    const last = found.length > size ? roles.at(-1) : undefined
    return { Roles: roles.map(writeRole), NextToken: last && writePageToken(secrets, list, last.arn) }
  },
})
