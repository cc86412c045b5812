import { PolicyError } from '../../access/policy-error.ts'
import { maxPolicyLength } from '../../access/read-policy.ts'
import { newRoleId, type Role, readRolePolicies } from '../../access/roles/role.ts'
import type { RoleCache } from '../../access/roles/role-cache.ts'
import { findRole, insertRole, replaceRole } from '../../access/roles/role-repository.ts'
import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { type Input, operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { requireOwnRoleArn, writeRole } from './role-wire.ts'

type Deps = { db: Db; clock: Clock; accountId: string; roleCache: RoleCache }

const defaultSessionSeconds = 3600

/**
 * Lifeguard's own operation: creates a role or replaces it as a whole. A replaced role keeps its id, so that its sessions last, under the new
 * policies. With `RevokeSessions` all sessions of the role end.
 */
export const putRole = operation('PutRole', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, accountId, roleCache }: Deps, { audit }: AuditedCaller) {
    const { RoleArn: arn, RevokeSessions = false } = request
    requireOwnRoleArn(accountId, arn)
    const role = await db.transaction().execute(async (tx) => {
      const before = await findRole(tx, arn)
      const after = roleOf(request, before, clock.now())
      const isStored = before === undefined ? await insertRole(tx, after) : await replaceRole(tx, after, before)
      if (!isStored) throw new ApiError('ConcurrentModificationException', 'Another request changed the role. Try again.')
      await audit.record(tx, { subject: arn, changedMembers: changesOf(before, after), detail: detailOf(before, RevokeSessions) })
      return after
    })
    await roleCache.announceChange(arn)
    return { Role: writeRole(role) }
  },
})

/** The changed members. Each policy is a member of its own, also in a new role. */
function changesOf(before: Role | undefined, after: Role): readonly string[] {
  const { RoleArn, RoleId, ...written } = writeRole(after)
  return changedMembers(before === undefined ? { Policies: {} } : { ...writeRole(before), RoleArn: undefined, RoleId: undefined }, written)
}

function detailOf(before: Role | undefined, revokesSessions: boolean): string | undefined {
  if (before === undefined) return 'created'
  return revokesSessions ? 'sessions: revoked' : undefined
}

/** @throws ApiError InvalidParameterException when a policy cannot be enforced as it is written, or the policies are too long together */
function roleOf(request: Input<'PutRole'>, before: Role | undefined, now: number): Role {
  const role: Role = {
    arn: request.RoleArn,
    id: before?.id ?? newRoleId(),
    description: request.Description ?? '',
    trustPolicy: request.TrustPolicy,
    policies: { ...request.Policies },
    maxSessionSeconds: request.MaxSessionSeconds ?? defaultSessionSeconds,
    sessionGeneration: (before?.sessionGeneration ?? 0) + (request.RevokeSessions === true ? 1 : 0),
    createdAt: before?.createdAt ?? now,
    // A later change has a later time, even when the clock stands still, so that a lost update is noticed.
    updatedAt: Math.max(now, (before?.updatedAt ?? 0) + 1),
  }
  const length = Object.values(role.policies).reduce((sum, document) => sum + document.length, 0)
  if (length > maxPolicyLength) throw invalidParameter(`Policies: the policies have more than ${maxPolicyLength} characters together.`)
  try {
    readRolePolicies(role)
  } catch (error) {
    throw error instanceof PolicyError ? invalidParameter(error.message) : error
  }
  return role
}
