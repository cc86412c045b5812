import { invalidParameter } from '../../contract/api-error.ts'
import type { ClaimRuleType } from '../../contract/generated/types.ts'

export type TokenKind = 'ID' | 'ACCESS'

/** Where the value of a claim comes from. */
type ClaimSource =
  | { readonly kind: 'attribute'; readonly name: string }
  /** The user's groups, or those that begin with `prefix`; without the prefix if `removesPrefix`; under other names by `rename`. */
  | {
      readonly kind: 'groups'
      readonly prefix: string
      readonly removesPrefix: boolean
      readonly rename: Readonly<Record<string, string>>
    }
  | { readonly kind: 'constant'; readonly value: unknown }

/** A claim that tokens of the pool get without a trigger function. */
export type ClaimRule = {
  readonly name: string
  /** The claim, an object, in which the new claim stands. Undefined: it stands by itself. */
  readonly inside: string | undefined
  readonly tokens: readonly TokenKind[]
  /** The app clients whose tokens get the claim. Undefined: those of all. */
  readonly clientIds: readonly string[] | undefined
  readonly source: ClaimSource
}

/** Claims that say what a token is. No rule sets them. */
const reserved: ReadonlySet<string> = new Set([
  ...['acr', 'amr', 'at_hash', 'auth_time', 'azp', 'client_id', 'cnf', 'device_key', 'event_id', 'exp', 'iat', 'identities', 'iss', 'jti'],
  ...['merged_subs', 'nbf', 'nonce', 'origin_jti', 'scope', 'sub', 'token_use', 'userinfo_claims', 'username', 'version'],
])

const longestConstant = 4096

/** @throws ApiError InvalidParameterException when a rule is invalid. */
export function readClaimRules(rules: readonly ClaimRuleType[]): readonly ClaimRule[] {
  return rules.map((rule, index) => readClaimRule(rule, `Tokens.Claims[${index}]`))
}

function readClaimRule(rule: ClaimRuleType, where: string): ClaimRule {
  const { Name: name, Inside: inside, Tokens: tokens = ['ID', 'ACCESS'], ClientIds: clientIds } = rule
  const source = readSource(rule, where)
  const outer = inside ?? name
  if (reserved.has(outer)) throw invalidParameter(`${where}: the claim ${outer} cannot be set.`)
  const isGroups = name === 'cognito:groups' && inside === undefined && source.kind === 'groups'
  if (/^(?:cognito|dev):/.test(outer) && !isGroups) {
    throw invalidParameter(`${where}: of the claims that begin with cognito: or dev:, only cognito:groups can be set, from Groups.`)
  }
  if (outer === 'aud' && (tokens.includes('ID') || inside !== undefined)) {
    throw invalidParameter(`${where}: aud can be set in access tokens only. An ID token is always for its app client.`)
  }
  return { name, inside, tokens: [...new Set(tokens)] as TokenKind[], clientIds, source }
}

function readSource({ Attribute, Groups, Constant }: ClaimRuleType, where: string): ClaimSource {
  if ([Attribute, Groups, Constant].filter((given) => given !== undefined).length !== 1) {
    throw invalidParameter(`${where}: exactly one of Attribute, Groups and Constant is needed.`)
  }
  if (Attribute !== undefined) return { kind: 'attribute', name: Attribute }
  if (Groups !== undefined) {
    return { kind: 'groups', prefix: Groups.Prefix ?? '', removesPrefix: Groups.RemovePrefix ?? false, rename: Groups.Rename ?? {} }
  }
  if (JSON.stringify(Constant).length > longestConstant) throw invalidParameter(`${where}: the Constant is longer than 4096 characters.`)
  return { kind: 'constant', value: Constant }
}

export function writeClaimRule({ name, inside, tokens, clientIds, source }: ClaimRule): ClaimRuleType {
  return { Name: name, Inside: inside, Tokens: [...tokens], ClientIds: clientIds && [...clientIds], ...writeSource(source) }
}

function writeSource(source: ClaimSource): Pick<ClaimRuleType, 'Attribute' | 'Groups' | 'Constant'> {
  switch (source.kind) {
    case 'attribute':
      return { Attribute: source.name }
    case 'groups':
      return { Groups: { Prefix: source.prefix, RemovePrefix: source.removesPrefix, Rename: source.rename } }
    case 'constant':
      return { Constant: source.value as ClaimRuleType['Constant'] }
  }
}
