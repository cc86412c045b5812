import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import { listMessageRows } from '../../messaging/message-record-repository.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { findUserByName } from '../user-repository.ts'
import { readState, writeMessage } from './message-wire.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

const maximumPageSize = 60

/**
 * Lifeguard's own operation: lists queued messages, and the records of messages that are no longer queued, the newest first. For an unknown
 * username the list is empty.
 */
export const listMessages = operation('ListMessages', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    // A page token is valid only for the list that it came from.
    const list = JSON.stringify(['ListMessages', pool.id, request.Username ?? '', request.State ?? ''])
    const before = readPageToken(secrets, list, request.NextToken)
    const user = request.Username === undefined ? undefined : await findUserByName(db, pool, request.Username)
    if (request.Username !== undefined && user === undefined) return { Messages: [] }
    const size = request.MaxResults ?? maximumPageSize
    const found = await listMessageRows(db, pool.id, { state: readState(request.State), sub: user?.sub, before }, size + 1)
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { Messages: entries.map((row) => writeMessage(secrets, row)), NextToken: nextToken }
  },
})
