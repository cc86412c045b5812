import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseRole } from '../../src/identity-pools/credentials/choose-role.ts'
import type { PoolRoles, RoleMappingOfProvider, RoleRule } from '../../src/identity-pools/identity-pool.ts'

const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`
const provider = 'cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123:app'
const defaults = { authenticated: role('user'), unauthenticated: role('guest') }

const token = (ambiguousRole: 'AuthenticatedRole' | 'Deny' = 'Deny'): RoleMappingOfProvider => ({ type: 'Token', ambiguousRole, rules: [] })

function rules(
  ...list: readonly [claim: string, matchType: RoleRule['matchType'], value: string, roleName: string][]
): RoleMappingOfProvider {
  return {
    type: 'Rules',
    ambiguousRole: 'Deny',
    rules: list.map(([claim, matchType, value, name]) => ({ claim, matchType, value, roleArn: role(name) })),
  }
}

type Case = {
  readonly title: string
  readonly roles?: Partial<Omit<PoolRoles, 'mappings'>>
  readonly mapping?: RoleMappingOfProvider
  readonly claims?: Readonly<Record<string, unknown>>
  readonly custom?: string
  readonly isGuest?: boolean
  /** The name of the role, or of the error. */
  readonly chosen: string
}

const denied = 'NotAuthorizedException'
const wrongRoles = 'InvalidIdentityPoolConfigurationException'
const roleClaims = (...names: readonly string[]) => ({ 'cognito:roles': names.map(role) })

const cases: readonly Case[] = [
  { title: 'a guest gets the role of guests', isGuest: true, chosen: 'guest' },
  {
    title: 'a guest gets no role where the pool has none for guests',
    isGuest: true,
    roles: { unauthenticated: undefined },
    chosen: wrongRoles,
  },
  { title: 'a guest cannot ask for the role of users', isGuest: true, custom: 'user', chosen: denied },
  { title: 'a guest may name the role of guests', isGuest: true, custom: 'guest', chosen: 'guest' },
  { title: 'a user without a mapping gets the role of users', chosen: 'user' },
  { title: 'a user gets no role where the pool has none for users', roles: { authenticated: undefined }, chosen: wrongRoles },
  { title: 'a user without a mapping cannot ask for another role', custom: 'admin', chosen: denied },
  { title: 'a user without a mapping cannot ask for a role of the token', custom: 'admin', claims: roleClaims('admin'), chosen: denied },

  {
    title: 'Token: the preferred role',
    mapping: token(),
    claims: { ...roleClaims('a', 'b'), 'cognito:preferred_role': role('b') },
    chosen: 'b',
  },
  { title: 'Token: the only role', mapping: token(), claims: roleClaims('a'), chosen: 'a' },
  { title: 'Token: denied with several roles and none preferred', mapping: token(), claims: roleClaims('a', 'b'), chosen: denied },
  {
    title: 'Token: the default with several roles, if set so',
    mapping: token('AuthenticatedRole'),
    claims: roleClaims('a', 'b'),
    chosen: 'user',
  },
  { title: 'Token: denied without roles', mapping: token(), chosen: denied },
  { title: 'Token: the default without roles, if set so', mapping: token('AuthenticatedRole'), chosen: 'user' },
  {
    title: 'Token: no role where the default is missing',
    mapping: token('AuthenticatedRole'),
    roles: { authenticated: undefined },
    chosen: wrongRoles,
  },
  { title: 'Token: the caller names one of several roles', mapping: token(), claims: roleClaims('a', 'b'), custom: 'b', chosen: 'b' },
  {
    title: 'Token: the caller cannot name a role that the token lacks',
    mapping: token(),
    claims: roleClaims('a', 'b'),
    custom: 'c',
    chosen: denied,
  },
  {
    title: 'Token: the caller cannot name the default role',
    mapping: token('AuthenticatedRole'),
    claims: roleClaims('a'),
    custom: 'user',
    chosen: denied,
  },
  { title: 'Token: a claim of another form gives no role', mapping: token(), claims: { 'cognito:roles': role('a') }, chosen: denied },

  { title: 'Rules: Equals', mapping: rules(['dep', 'Equals', 'sales', 'a']), claims: { dep: 'sales' }, chosen: 'a' },
  { title: 'Rules: Equals minds the case', mapping: rules(['dep', 'Equals', 'sales', 'a']), claims: { dep: 'Sales' }, chosen: denied },
  { title: 'Rules: Contains', mapping: rules(['dep', 'Contains', 'ale', 'a']), claims: { dep: 'sales' }, chosen: 'a' },
  { title: 'Rules: StartsWith', mapping: rules(['dep', 'StartsWith', 'sa', 'a']), claims: { dep: 'sales' }, chosen: 'a' },
  {
    title: 'Rules: StartsWith looks at the beginning only',
    mapping: rules(['dep', 'StartsWith', 'les', 'a']),
    claims: { dep: 'sales' },
    chosen: denied,
  },
  { title: 'Rules: NotEqual', mapping: rules(['dep', 'NotEqual', 'sales', 'a']), claims: { dep: 'hr' }, chosen: 'a' },
  {
    title: 'Rules: NotEqual of an equal value',
    mapping: rules(['dep', 'NotEqual', 'sales', 'a']),
    claims: { dep: 'sales' },
    chosen: denied,
  },
  { title: 'Rules: a missing claim matches nothing, NotEqual included', mapping: rules(['dep', 'NotEqual', 'sales', 'a']), chosen: denied },
  { title: 'Rules: a claim that every object inherits is missing', mapping: rules(['constructor', 'NotEqual', 'x', 'a']), chosen: denied },
  {
    title: 'Rules: the first matching rule',
    mapping: rules(['dep', 'Equals', 'hr', 'a'], ['dep', 'Contains', 's', 'b'], ['dep', 'Equals', 'sales', 'c']),
    claims: { dep: 'sales' },
    chosen: 'b',
  },
  { title: 'Rules: a number', mapping: rules(['level', 'Equals', '3', 'a']), claims: { level: 3 }, chosen: 'a' },
  { title: 'Rules: a boolean', mapping: rules(['email_verified', 'Equals', 'true', 'a']), claims: { email_verified: true }, chosen: 'a' },
  {
    title: 'Rules: an entry of a list by Contains',
    mapping: rules(['cognito:groups', 'Contains', 'admins', 'a']),
    claims: { 'cognito:groups': ['x', 'admins'] },
    chosen: 'a',
  },
  {
    title: 'Rules: the caller names the role of a later matching rule',
    mapping: rules(['dep', 'Equals', 'sales', 'a'], ['dep', 'Contains', 's', 'b']),
    claims: { dep: 'sales' },
    custom: 'b',
    chosen: 'b',
  },
  {
    title: 'Rules: the caller cannot name the role of a rule that does not match',
    mapping: rules(['dep', 'Equals', 'sales', 'a'], ['dep', 'Equals', 'hr', 'b']),
    claims: { dep: 'sales' },
    custom: 'b',
    chosen: denied,
  },
  {
    title: 'Rules: roles of the token do not count',
    mapping: rules(['dep', 'Equals', 'sales', 'a']),
    claims: { dep: 'sales', ...roleClaims('b') },
    custom: 'b',
    chosen: denied,
  },
]

function choose({ roles, mapping, claims = {}, custom, isGuest = false }: Case): string {
  const mappings: PoolRoles['mappings'] = mapping === undefined ? {} : { [provider]: mapping }
  const pool = { roles: { ...defaults, ...roles, mappings } }
  const logins = isGuest ? [] : [{ providerNames: [provider.slice(0, -4), provider], claims }]
  try {
    return chooseRole(pool, { isGuest, logins }, custom && role(custom)).replace(/^.*\//, '')
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('The role of an identity', () => {
  for (const one of cases) it(one.title, () => assert.equal(choose(one), one.chosen))

  it('is that of the first login with a mapping', () => {
    const mappings = { second: rules(['x', 'Equals', '1', 'a']) }
    const logins = ['first', 'second'].map((name) => ({ providerNames: [name], claims: { x: '1' } }))
    assert.equal(chooseRole({ roles: { ...defaults, mappings } }, { isGuest: false, logins }, undefined), role('a'))
  })

  it('is refused with the name of the mapping that denies', () => {
    const mappings = { [provider]: token('Deny') }
    const user = { isGuest: false, logins: [{ providerNames: [provider.slice(0, -4), provider], claims: {} }] }
    const message = `The ambiguous role mapping rules for: ${provider} denied this request.`
    assert.throws(() => chooseRole({ roles: { ...defaults, mappings } }, user, undefined), { code: denied, message })
  })

  it('is missing in a pool without roles', () => {
    const user = { isGuest: false, logins: [] }
    assert.throws(() => chooseRole({ roles: undefined }, user, undefined), { code: wrongRoles })
  })
})
