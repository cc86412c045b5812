import type { AppClient } from '../pools/app-client.ts'
import type { ClaimChanges, TokenChanges } from '../triggers/pre-token-generation.ts'
import { type Claims, claimValue } from './claim-value.ts'

/** The claims about a token's subject, origin and lifetime. The PreTokenGeneration trigger cannot change them: such changes are ignored. */
const fixedClaims: ReadonlySet<string> = new Set([
  'acr',
  'amr',
  'at_hash',
  'auth_time',
  'azp',
  'client_id',
  'cnf',
  'device_key',
  'event_id',
  'exp',
  'iat',
  'identities',
  'iss',
  'jti',
  'merged_subs',
  'nbf',
  'nonce',
  'origin_jti',
  'sub',
  'token_use',
  'userinfo_claims',
  'username',
  'version',
])

const groupNames = 'cognito:groups'
const groupClaims = [groupNames, 'cognito:roles', 'cognito:preferred_role']

/** The claims of an ID token with the changes of the PreTokenGeneration trigger. A claim that is both added and suppressed is left out. */
export function changeIdClaims(claims: Claims, { id }: Pick<TokenChanges, 'id'>): Claims {
  const added = addable(id).filter(([name]) => name !== 'aud')
  const typed = added.map(([name, value]) => [name, typeof value === 'string' ? inStandardType(name, value) : value] as const)
  return without({ ...claims, ...Object.fromEntries(typed) }, suppressable(id, ['aud']))
}

/**
 * The claims of an access token with the changes of the PreTokenGeneration trigger. The trigger function can change the claim `scope` only
 * through `scopes`, and can set `aud` only to the client's id.
 */
export function changeAccessClaims(claims: Claims, { access, scopes }: Pick<TokenChanges, 'access' | 'scopes'>, client: AppClient): Claims {
  const added = addable(access).filter(([name, value]) => name !== 'scope' && (name !== 'aud' || value === client.id))
  const changed = without({ ...claims, ...Object.fromEntries(added) }, suppressable(access, ['scope']))
  const before = String(claims['scope'] ?? '').split(' ')
  const after = [...new Set([...before, ...scopes.add])].filter((scope) => scope !== '' && !scopes.suppress.includes(scope))
  return { ...changed, scope: after.join(' ') }
}

function addable({ add }: ClaimChanges): (readonly [string, unknown])[] {
  return Object.entries(add).filter(([name]) => !fixedClaims.has(name) && !name.startsWith('cognito:') && !name.startsWith('dev:'))
}

/**
 * The names of the claims to suppress. Of the claims that begin with `cognito:`, a trigger function can suppress only `cognito:groups`. The
 * claims with the groups' roles are then suppressed as well.
 */
function suppressable({ suppress }: ClaimChanges, fixed: readonly string[]): ReadonlySet<string> {
  const names = suppress.filter((name) => !fixedClaims.has(name) && !fixed.includes(name) && !name.startsWith('cognito:'))
  return new Set(suppress.includes(groupNames) ? [...names, ...groupClaims] : names)
}

function without(claims: Claims, names: ReadonlySet<string>): Claims {
  return names.size === 0 ? claims : Object.fromEntries(Object.entries(claims).filter(([name]) => !names.has(name)))
}

/** Standard claims that are not text keep their types, so that no reader takes the text `false` for true. */
function inStandardType(name: string, value: string): unknown {
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value))
  return name === 'updated_at' && !isNumber ? value : claimValue(name, value)
}
