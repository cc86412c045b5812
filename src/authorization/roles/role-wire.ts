import { parseRoleArn, type Role } from '../../access/roles/role.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { AccessRoleType } from '../../contract/generated/types.ts'

export function writeRole(role: Role) {
  return {
    RoleArn: role.arn,
    RoleId: role.id,
    Description: role.description === '' ? undefined : role.description,
    TrustPolicy: role.trustPolicy,
    Policies: role.policies,
    MaxSessionSeconds: role.maxSessionSeconds,
    CreationDate: new Date(role.createdAt),
    LastModifiedDate: new Date(role.updatedAt),
  } satisfies AccessRoleType
}

/** @throws ApiError InvalidParameterException when `arn` is not the ARN of a role of the account of this server */
export function requireOwnRoleArn(accountId: string, arn: string): void {
  if (parseRoleArn(arn)?.accountId === accountId) return
  throw invalidParameter(
    `RoleArn: ${arn} is not the ARN of a role of this server's account, such as arn:aws:iam::${accountId}:role/name. ` +
      'The setting --account-id sets the account.',
  )
}

export function roleNotFound(arn: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Role ${arn} does not exist.`)
}
