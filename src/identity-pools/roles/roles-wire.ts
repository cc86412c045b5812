import { invalidParameter } from '../../contract/api-error.ts'
import type { RoleMapping } from '../../contract/generated/types.ts'
import type { Input } from '../../contract/operation.ts'
import { type Quotas, quotaExceeded } from '../../pools/quotas.ts'
import type { PoolRoles, RoleMappingOfProvider } from '../identity-pool.ts'
import { requireRoleArn } from '../identity-pool-rules.ts'

/** @throws ApiError InvalidParameterException when an ARN or a mapping is wrong, or there are more mappings or rules than the quotas allow */
export function readRoles(request: Input<'SetIdentityPoolRoles'>, quotas: Quotas): PoolRoles {
  const { Roles, RoleMappings = {} } = request
  for (const arn of Object.values(Roles)) requireRoleArn(arn)
  const mappings = Object.entries(RoleMappings)
  if (mappings.length > quotas.roleMappingsPerIdentityPool) throw invalidParameter(quotaExceeded(quotas, 'roleMappingsPerIdentityPool'))
  return {
    authenticated: Roles['authenticated'],
    unauthenticated: Roles['unauthenticated'],
    mappings: Object.fromEntries(mappings.map(([provider, mapping]) => [provider, readMapping(provider, mapping, quotas)])),
  }
}

function readMapping(
  provider: string,
  { Type, AmbiguousRoleResolution, RulesConfiguration }: RoleMapping,
  quotas: Quotas,
): RoleMappingOfProvider {
  if (AmbiguousRoleResolution === undefined) {
    throw invalidParameter(`RoleMappings: AmbiguousRoleResolution is required for ${provider}, because its Type is ${Type}.`)
  }
  if ((Type === 'Rules') !== (RulesConfiguration !== undefined)) {
    const fault = Type === 'Rules' ? 'is required' : 'is not allowed'
    throw invalidParameter(`RoleMappings: RulesConfiguration ${fault} for ${provider}, because its Type is ${Type}.`)
  }
  const rules = RulesConfiguration?.Rules ?? []
  if (rules.length > quotas.rulesPerRoleMapping) throw invalidParameter(quotaExceeded(quotas, 'rulesPerRoleMapping'))
  for (const { RoleARN } of rules) requireRoleArn(RoleARN)
  return {
    type: Type,
    ambiguousRole: AmbiguousRoleResolution,
    rules: rules.map(({ Claim, MatchType, Value, RoleARN }) => ({ claim: Claim, matchType: MatchType, value: Value, roleArn: RoleARN })),
  }
}

/** Roles and mappings that were never set are left out. */
export function writeRoles(roles: PoolRoles | undefined): {
  Roles: Record<string, string> | undefined
  RoleMappings: Record<string, RoleMapping> | undefined
} {
  if (roles === undefined) return { Roles: undefined, RoleMappings: undefined }
  const { authenticated, unauthenticated, mappings } = roles
  const all = Object.entries(mappings).map(([provider, mapping]) => [provider, writeMapping(mapping)] as const)
  return {
    Roles: { ...(authenticated !== undefined && { authenticated }), ...(unauthenticated !== undefined && { unauthenticated }) },
    RoleMappings: all.length === 0 ? undefined : Object.fromEntries(all),
  }
}

function writeMapping({ type, ambiguousRole, rules }: RoleMappingOfProvider): RoleMapping {
  const mapping = { Type: type, AmbiguousRoleResolution: ambiguousRole }
  if (type === 'Token') return mapping
  const Rules = rules.map(({ claim, matchType, value, roleArn }) => ({
    Claim: claim,
    MatchType: matchType,
    Value: value,
    RoleARN: roleArn,
  }))
  return { ...mapping, RulesConfiguration: { Rules } }
}
