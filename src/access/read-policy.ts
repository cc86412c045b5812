import { isObject } from '../base/is-object.ts'
import type { Policy, Scope, Statement } from './policy.ts'

/** A policy document that this server cannot enforce. The message is one sentence for the author of the policy. */
export class PolicyError extends Error {
  override name = 'PolicyError'
}

/** The most characters of a policy: IAM's limit for an inline policy of a role. It also bounds the work of one decision. */
export const maxPolicyLength = 10_240

const versions: readonly unknown[] = ['2012-10-17', '2008-10-17']
const documentMembers = ['Version', 'Id', 'Statement']
const statementMembers = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource']

/**
 * Reads a policy document.
 * @throws PolicyError when the document has anything that is not enforced to the letter: conditions, variables, a misspelt or repeated
 *   member. A Deny that silently never applies would be worse than an error.
 */
export function readPolicy(text: string): Policy {
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
  return { statements: statements.map((statement, i) => readStatement(statement, `Statement ${i + 1}`)) }
}

function parseObject(text: string): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new PolicyError(`The policy is not JSON: ${(error as Error).message}`)
  }
  if (!isObject(document)) throw new PolicyError('The policy must be a JSON object.')
  return document
}

function readStatement(statement: unknown, where: string): Statement {
  if (!isObject(statement)) throw new PolicyError(`${where} must be a JSON object.`)
  if ('Condition' in statement) {
    throw new PolicyError(`${where}: Condition is not supported; without it the statement would mean something else.`)
  }
  if ('Principal' in statement || 'NotPrincipal' in statement) {
    throw new PolicyError(`${where}: the policy of an access key has no Principal, because it always applies to the key itself.`)
  }
  requireKnownMembers(statement, statementMembers, where)
  const effect = statement['Effect']
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyError(`${where}: Effect must be "Allow" or "Deny".`)
  const actions = readScope(statement, 'Action', where, requireAction)
  return {
    effect,
    actions: { ...actions, patterns: actions.patterns.map((pattern) => pattern.toLowerCase()) },
    resources: readScope(statement, 'Resource', where, requireResource),
  }
}

/**
 * Reads the member `name` of a statement (`Action` or `Resource`) or its negation (`NotAction` or `NotResource`). The statement must have
 * exactly one of the two. The value is a string or a list of strings.
 */
function readScope(statement: Record<string, unknown>, name: string, where: string, check: (text: string, where: string) => void): Scope {
  const negated = `Not${name}` in statement
  if (negated === name in statement) throw new PolicyError(`${where} needs either ${name} or Not${name}, and not both.`)
  const member = negated ? `Not${name}` : name
  const patterns: readonly unknown[] = [statement[member]].flat()
  if (patterns.length === 0) throw new PolicyError(`${where}: ${member} is empty.`)
  return {
    negated,
    patterns: patterns.map((pattern) => {
      if (typeof pattern !== 'string') throw new PolicyError(`${where}: ${member} must be a string or a list of strings.`)
      check(pattern, `${where}: ${member} ${JSON.stringify(pattern)}`)
      return pattern
    }),
  }
}

function requireAction(text: string, where: string): void {
  if (text !== '*' && !/^[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+$/.test(text)) {
    throw new PolicyError(`${where} must be "*" or a service and an operation, such as "cognito-idp:ListUsers".`)
  }
}

function requireResource(text: string, where: string): void {
  if (text.includes('${')) throw new PolicyError(`${where} holds a policy variable, which is not supported.`)
  // A `*` at the end may stand for the missing segments. A shorter ARN without such a `*` could never match.
  const isComplete = text.split(':').length >= 6 || text.endsWith('*')
  if (text !== '*' && !(text.startsWith('arn:') && isComplete && !/\s/.test(text))) {
    throw new PolicyError(
      `${where} must be "*" or an ARN, such as "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEf123".`,
    )
  }
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
