import { ApiError } from '../../contract/api-error.ts'
import type { IdentityPool, RoleMappingOfProvider, RoleRule } from '../identity-pool.ts'
import type { LoginClaims, VerifiedLogin } from '../logins/login-token.ts'

/** Whose role is chosen. A guest and a developer user have no logins. */
type RoleUser = { readonly isGuest: boolean; readonly logins: readonly Pick<VerifiedLogin, 'providerNames' | 'claims'>[] }

/**
 * The role of an identity (Amazon Cognito Developer Guide, "Using role-based access control"). When several logins have a role mapping, the
 * first one counts.
 * @throws ApiError NotAuthorizedException when the mapping denies access, or does not allow `customRoleArn`
 * @throws ApiError InvalidIdentityPoolConfigurationException when the pool has no role for the identity
 */
export function chooseRole(
  { roles }: Pick<IdentityPool, 'roles'>,
  { isGuest, logins }: RoleUser,
  customRoleArn: string | undefined,
): string {
  const mapped = logins.map((login) => findMapping(roles?.mappings ?? {}, login)).find((found) => found !== undefined)
  const fallback = isGuest ? roles?.unauthenticated : roles?.authenticated
  const role = (mapped === undefined ? unmapped(fallback, customRoleArn) : roleByMapping(mapped, customRoleArn)) ?? fallback
  if (role === undefined) throw wrongRoles()
  return role
}

/** The error for roles that are missing, or do not trust the identities of the pool. `cause` says in the log which it is. */
export function wrongRoles(cause?: unknown): ApiError {
  const message = 'Invalid identity pool configuration. Check assigned IAM roles for this pool.'
  return new ApiError('InvalidIdentityPoolConfigurationException', message, { cause })
}

/** A login whose provider has a role mapping. `name` is the provider as the mapping names it. */
type MappedLogin = { readonly name: string; readonly mapping: RoleMappingOfProvider; readonly claims: LoginClaims }

function findMapping(
  mappings: Readonly<Record<string, RoleMappingOfProvider>>,
  { providerNames, claims }: Pick<VerifiedLogin, 'providerNames' | 'claims'>,
): MappedLogin | undefined {
  const name = providerNames.find((candidate) => Object.hasOwn(mappings, candidate))
  const mapping = name === undefined ? undefined : mappings[name]
  return name === undefined || mapping === undefined ? undefined : { name, mapping, claims }
}

/** The role of a caller without a role mapping. The caller may name it, and no other role. */
function unmapped(role: string | undefined, customRoleArn: string | undefined): string | undefined {
  if (customRoleArn !== undefined && customRoleArn !== role) throw roleForbidden(customRoleArn)
  return role
}

/** Undefined when the mapping gives no role and the default role is to be used. */
function roleByMapping({ name, mapping, claims }: MappedLogin, customRoleArn: string | undefined): string | undefined {
  const allowed = mapping.type === 'Token' ? rolesOfToken(claims) : rolesOfRules(mapping.rules, claims)
  if (customRoleArn !== undefined) {
    if (!allowed.roles.includes(customRoleArn)) throw roleForbidden(customRoleArn)
    return customRoleArn
  }
  if (allowed.chosen !== undefined) return allowed.chosen
  if (mapping.ambiguousRole === 'AuthenticatedRole') return undefined
  // Cognito's text (observed).
  throw new ApiError('NotAuthorizedException', `The ambiguous role mapping rules for: ${name} denied this request.`)
}

/** `roles` are those that the caller may name. `chosen` is the role of a caller who names none. */
type AllowedRoles = { readonly roles: readonly string[]; readonly chosen: string | undefined }

function rolesOfToken(claims: LoginClaims): AllowedRoles {
  const listed = claims['cognito:roles']
  const roles = Array.isArray(listed) ? listed.filter((role) => typeof role === 'string') : []
  const preferred = claims['cognito:preferred_role']
  if (typeof preferred === 'string') return { roles: [...roles, preferred], chosen: preferred }
  return { roles, chosen: roles.length === 1 ? roles[0] : undefined }
}

function rolesOfRules(rules: readonly RoleRule[], claims: LoginClaims): AllowedRoles {
  const roles = rules.filter((rule) => matches(rule, claims)).map(({ roleArn }) => roleArn)
  return { roles, chosen: roles[0] }
}

/** A claim that the token does not have matches no rule, `NotEqual` included. */
function matches({ claim, matchType, value }: RoleRule, claims: LoginClaims): boolean {
  const found = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (found === undefined || found === null) return false
  // A list is compared as JSON text, so that `Contains` finds its entries.
  const text = typeof found === 'object' ? JSON.stringify(found) : String(found)
  switch (matchType) {
    case 'Equals':
      return text === value
    case 'NotEqual':
      return text !== value
    case 'StartsWith':
      return text.startsWith(value)
    case 'Contains':
      return text.includes(value)
  }
}

/** Cognito's text for a role that a caller may not use, as in SetIdentityPoolRoles (observed). */
function roleForbidden(arn: string): ApiError {
  return new ApiError('NotAuthorizedException', `Access to Role '${arn}' is forbidden.`)
}
