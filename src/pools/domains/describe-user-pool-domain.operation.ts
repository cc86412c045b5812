import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { findDomain } from './pool-domain-repository.ts'
import { writeDomain } from './pool-domain-wire.ts'

type Deps = { db: Db; accountId: string; publicUrl: string }

export const describeUserPoolDomain = operation('DescribeUserPoolDomain', {
  auth: 'iam',

  /** The description of a domain that does not exist is empty (observed). After a deletion, clients wait for an empty description. */
  async handle(request, { db, accountId, publicUrl }: Deps) {
    const domain = await findDomain(db, request.Domain)
    return { DomainDescription: domain === undefined ? {} : writeDomain(domain, { accountId, host: new URL(publicUrl).hostname }) }
  },
})
