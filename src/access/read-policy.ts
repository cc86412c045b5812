import { isObject } from '../base/is-object.ts'
import { accessKeyConditionKeys, roleConditionKeys } from './condition-keys.ts'
import type { Policy, Principal, Scope, Statement, TrustPolicy } from './policy.ts'
import { PolicyError } from './policy-error.ts'
import { type CheckKey, countVariables, type PolicyText, readPolicyText } from './policy-text.ts'
import { readCondition } from './read-condition.ts'
import { requireAudience } from './trust-conditions.ts'

/** The most characters of a policy: IAM's limit for an inline policy of a role. It also bounds the work of one decision. */
export const maxPolicyLength = 10_240

const versions: readonly unknown[] = ['2012-10-17', '2008-10-17']
const documentMembers = ['Version', 'Id', 'Statement']
const statementMembers = ['Sid', 'Effect', 'Action', 'NotAction', 'Condition']
const resourceMembers = ['Resource', 'NotResource']

/** The most variables of a policy. Together with the limits of their values this bounds the work of one decision. */
const maxVariables = 50

/** What the parts of a policy have in common. */
type Context = { readonly readText: (text: string, where: string) => PolicyText; readonly checkKey: CheckKey }

/**
 * Reads a policy document. `access-key`: only keys that requests to this server have. `role`: also the keys of web identities, of the tags of
 * principals, and of other services.
 * @throws PolicyError when the document has anything that is not enforced to the letter: an unknown operator or condition key, a misspelt or
 *   repeated member. A Deny that silently never applies would be worse than an error.
 */
export function readPolicy(text: string, kind: 'access-key' | 'role' = 'access-key'): Policy {
  const checkKey = kind === 'access-key' ? accessKeyConditionKeys : roleConditionKeys
  const statements = readStatements(text, checkKey, (statement, where, context) => {
    if ('Principal' in statement || 'NotPrincipal' in statement) {
      throw new PolicyError(
        kind === 'access-key'
          ? `${where}: the policy of an access key has no Principal, because it always applies to the key itself.`
          : `${where}: the policy of a role has no Principal, because it always applies to the role itself.`,
      )
    }
    requireKnownMembers(statement, [...statementMembers, ...resourceMembers], where)
    const resources = readScope(statement, 'Resource', where, (resource, at) => readResource(resource, at, context))
    return readStatement(statement, where, resources, context)
  })
  return { statements }
}

/**
 * Reads the trust policy of a role. It has a Principal and no Resource.
 * @throws PolicyError when the document has anything that is not enforced to the letter, or trusts all users of a provider
 */
export function readTrustPolicy(text: string): TrustPolicy {
  const statements = readStatements(text, roleConditionKeys, (statement, where, context) => {
    if ('Resource' in statement || 'NotResource' in statement) {
      throw new PolicyError(`${where}: a trust policy has no Resource, because it always applies to its role.`)
    }
    if ('NotPrincipal' in statement) throw new PolicyError(`${where}: NotPrincipal is not supported; name the principals in Principal.`)
    requireKnownMembers(statement, [...statementMembers, 'Principal'], where)
    const principals = readPrincipals(statement['Principal'], where)
    const read = readStatement(statement, where, { patterns: ['*'], negated: false }, context)
    if (read.actions.patterns.some((action) => typeof action === 'string' && action !== '*' && !action.startsWith('sts:'))) {
      throw new PolicyError(`${where}: the actions of a trust policy are those of STS, such as "sts:AssumeRoleWithWebIdentity".`)
    }
    if (read.effect === 'Allow') requireAudience({ ...read, principals }, statement['Condition'], where)
    return { ...read, principals }
  })
  return { statements }
}

type ReadOne<S> = (statement: Record<string, unknown>, where: string, context: Context) => S

function readStatements<S>(text: string, checkKey: CheckKey, readOne: ReadOne<S>): S[] {
  if (text.length > maxPolicyLength) throw new PolicyError(`The policy is longer than ${maxPolicyLength} characters.`)
  const document = parseObject(text)
  const repeated = findDuplicateMember(text)
  if (repeated !== undefined) throw new PolicyError(`The policy has the member ${JSON.stringify(repeated)} twice in one object.`)

  requireKnownMembers(document, documentMembers, 'The policy')
  if (document['Version'] !== undefined && !versions.includes(document['Version'])) {
    throw new PolicyError(`Version must be "2012-10-17", not ${JSON.stringify(document['Version'])}.`)
  }
  const statements = [document['Statement'] ?? []].flat()
  if (statements.length === 0) throw new PolicyError('The policy needs a Statement.')
  requireDistinctSids(statements)
  const context = { readText: textReader(document['Version'] === '2012-10-17', checkKey), checkKey }
  return statements.map((statement, i) => {
    const where = `Statement ${i + 1}`
    if (!isObject(statement)) throw new PolicyError(`${where} must be a JSON object.`)
    return readOne(statement, where, context)
  })
}

/** In versions before 2012-10-17 a variable is ordinary text. The version of a document without Version is 2008-10-17. */
function textReader(hasVariables: boolean, checkKey: CheckKey): Context['readText'] {
  let variables = 0
  return (text, where) => {
    if (!hasVariables) return text
    const read = readPolicyText(text, where, checkKey)
    variables += countVariables(read)
    if (variables > maxVariables) throw new PolicyError(`${where}: the policy has more than ${maxVariables} policy variables.`)
    return read
  }
}

function parseObject(text: string): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    // V8 quotes the text around the fault, and may cut a surrogate pair in half.
    throw new PolicyError(`The policy is not JSON: ${(error as Error).message.toWellFormed()}`)
  }
  if (!isObject(document)) throw new PolicyError('The policy must be a JSON object.')
  return document
}

function readStatement(statement: Record<string, unknown>, where: string, resources: Scope, context: Context): Statement {
  const effect = statement['Effect']
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyError(`${where}: Effect must be "Allow" or "Deny".`)
  const actions = readScope(statement, 'Action', where, readAction)
  const condition = statement['Condition']
  const conditions = condition === undefined ? [] : readCondition(condition, `${where}: Condition`, context)
  return { effect, actions, resources, conditions }
}

/**
 * Reads the member `name` of a statement (`Action` or `Resource`) or its negation (`NotAction` or `NotResource`). The statement must have
 * exactly one of the two. The value is a string or a list of strings.
 */
function readScope(
  statement: Record<string, unknown>,
  name: string,
  where: string,
  readPattern: (text: string, where: string) => PolicyText,
): Scope {
  const negated = `Not${name}` in statement
  if (negated === name in statement) throw new PolicyError(`${where} needs either ${name} or Not${name}, and not both.`)
  const member = negated ? `Not${name}` : name
  return {
    negated,
    patterns: readStrings(statement[member], where, member).map((text) => readPattern(text, `${where}: ${member} ${JSON.stringify(text)}`)),
  }
}

/** Reads a string or a list of strings. */
function readStrings(value: unknown, where: string, member: string): readonly string[] {
  const strings: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (strings.length === 0) throw new PolicyError(`${where}: ${member} is empty.`)
  return strings.map((text) => {
    if (typeof text !== 'string') throw new PolicyError(`${where}: ${member} must be a string or a list of strings.`)
    return text
  })
}

const principalTypes = ['Federated', 'AWS', 'Service'] as const

function readPrincipals(value: unknown, where: string): readonly Principal[] {
  if (!isObject(value)) {
    throw new PolicyError(`${where} needs a Principal, such as {"Federated": "cognito-identity.amazonaws.com"}; "*" is not supported.`)
  }
  requireKnownMembers(value, principalTypes, `${where}: Principal`)
  const principals = principalTypes
    .filter((type) => Object.hasOwn(value, type))
    .flatMap((type) => readStrings(value[type], where, `Principal ${type}`).map((name) => ({ type, name })))
  if (principals.length === 0) throw new PolicyError(`${where}: Principal is empty.`)
  for (const { type, name } of principals) {
    if (!/^[^\s*?${}]+$/.test(name)) {
      throw new PolicyError(`${where}: Principal ${type} ${JSON.stringify(name)} must be an exact name, without wildcards and variables.`)
    }
  }
  return principals
}

/** Actions are compared in lower case. */
function readAction(text: string, where: string): string {
  if (text !== '*' && !/^[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+$/.test(text)) {
    throw new PolicyError(`${where} must be "*" or a service and an operation, such as "cognito-idp:ListUsers".`)
  }
  return text.toLowerCase()
}

function readResource(text: string, where: string, { readText }: Context): PolicyText {
  const read = readText(text, where)
  // The text before the first variable or escape. Those of an ARN stand after its fifth colon, so that a value cannot shift the parts.
  const fixed = typeof read === 'string' ? text : text.slice(0, text.indexOf('${'))
  // A `*` at the end may stand for the missing segments. A shorter ARN without such a `*` could never match.
  const isComplete = fixed.split(':').length >= 6 || (typeof read === 'string' && text.endsWith('*'))
  if (typeof read !== 'string' && !isComplete) throw new PolicyError(`${where} has a policy variable before the fifth colon of the ARN.`)
  if (text !== '*' && !(text.startsWith('arn:') && isComplete && !/\s/.test(fixed))) {
    throw new PolicyError(
      `${where} must be "*" or an ARN, such as "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEf123".`,
    )
  }
  return read
}

function requireDistinctSids(statements: readonly unknown[]): void {
  const sids = new Set<string>()
  for (const [i, statement] of statements.entries()) {
    const sid = isObject(statement) ? statement['Sid'] : undefined
    if (sid === undefined) continue
    if (typeof sid !== 'string' || !/^[A-Za-z0-9]*$/.test(sid)) throw new PolicyError(`Statement ${i + 1}: Sid must be letters and digits.`)
    if (sid !== '' && sids.has(sid)) throw new PolicyError(`Statement ${i + 1}: Sid ${JSON.stringify(sid)} is used by another statement.`)
    sids.add(sid)
  }
}

function requireKnownMembers(object: Record<string, unknown>, known: readonly string[], where: string): void {
  const unknown = Object.keys(object).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new PolicyError(`${where} has an unknown member ${JSON.stringify(unknown)}.`)
}

/**
 * The first member name that occurs twice in one object of a valid JSON text. `JSON.parse` silently keeps only the last one, so a part
 * of the policy would be lost.
 */
function findDuplicateMember(json: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, text, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined && text !== undefined) {
      const name: string = JSON.parse(text)
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}
