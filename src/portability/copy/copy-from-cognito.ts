import { randomUUID } from 'node:crypto'
import { recordCommand } from '../../audit/audit-trail.ts'
import type { Pool } from '../../pools/pool.ts'
import { removeUser } from '../../users/deleted-users/remove-user.ts'
import { listUnseen } from '../../users/former-pool/former-user-repository.ts'
import { lockUser } from '../../users/user-repository.ts'
import { copyClients } from './copy-clients.ts'
import { type Copy, type CopyDeps, reportGone } from './copy-context.ts'
import { type Asking, readAsking, storeAsking } from './copy-former-pool.ts'
import { copyGroups } from './copy-groups.ts'
import { copyLook } from './copy-look.ts'
import { copyMembers } from './copy-members.ts'
import { copyPool } from './copy-pool.ts'
import { copyProtection } from './copy-protection.ts'
import { createCopyReport, type ReportResult } from './copy-report.ts'
import { copyDomains, copyIdentityProviders, copyResourceServers } from './copy-resources.ts'
import { copyUsers } from './copy-users.ts'
import { openSource } from './source.ts'

export type CopyOptions = {
  readonly poolId: string
  readonly region: string
  /** Undefined for AWS's endpoint of the region. */
  readonly endpoint: string | undefined
  readonly isPlan: boolean
  /** Whether users who are no longer there are deleted here. */
  readonly removeDeleted: boolean
  /** Undefined when the former pool is not to be asked for passwords, or stays as it is. */
  readonly asking: Asking | undefined
}

/**
 * Copies a user pool of Cognito, or of another Lifeguard, with the ids of the pool, of its app clients and of its users. It can be run again
 * at any time: it brings what has changed there since.
 *
 * @throws CopyError when nothing can be copied
 * @throws Error of the SDK when the former pool cannot be reached
 */
export async function copyFromCognito(deps: CopyDeps, options: CopyOptions): Promise<ReportResult> {
  const report = createCopyReport()
  const source = openSource({ ...options, report })
  const { poolId, isPlan, removeDeleted } = options
  const copy: Copy = { source, deps, poolId, run: randomUUID(), isPlan, removeDeleted, report, seen: new Set() }
  try {
    await copyAll(copy, options.asking)
  } finally {
    source.close()
  }
  const result = report.result()
  if (!isPlan) {
    const detail = JSON.stringify(result.counts).slice(0, 1_000)
    await deps.db.transaction().execute((tx) => recordCommand(tx, deps.clock, { operation: 'CopyFromCognito', subject: poolId, detail }))
  }
  return result
}

async function copyAll(copy: Copy, asking: Asking | undefined): Promise<void> {
  const { shown, pool } = await copyPool(copy)
  await copyResourceServers(copy)
  await copyIdentityProviders(copy)
  const clients = await copyClients(copy)
  const clientIds = clients.flatMap(({ ClientId }) => ClientId ?? [])
  await copyDomains(copy, shown)
  await copyLook(copy, shown, clientIds)
  await copyProtection(copy, pool, clientIds)
  const formerPool = asking && readAsking(copy, asking, clients)
  if (formerPool !== undefined && !copy.isPlan) await storeAsking(copy, formerPool)
  const groups = await copyGroups(copy)
  await copyUsers(copy, pool)
  for (const group of groups) await copyMembers(copy, group)
  await reportGone(copy)
  if (!copy.isPlan) await handleDeletedUsers(copy, pool)
}

const batch = 200

/** Users who are no longer there. They stay here unless the operator wants them removed. */
async function handleDeletedUsers({ deps, poolId, run, removeDeleted, report }: Copy, pool: Pool): Promise<void> {
  for (let after = ''; ; ) {
    const users = await listUnseen(deps.db, poolId, run, { after, limit: batch })
    const last = users.at(-1)
    if (last === undefined) return
    after = last.sub
    for (const { sub, username } of users) {
      if (removeDeleted) {
        await deps.db.transaction().execute(async (tx) => {
          const user = await lockUser(tx, poolId, sub)
          if (user !== undefined) await removeUser(tx, pool, user, deps.clock.now())
        })
        report.count('users', 'removed')
      } else report.gone(`user ${username}`)
    }
  }
}
