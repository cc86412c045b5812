import { type Decision, evaluatePolicy } from '../../src/access/policy.ts'
import { readPolicy } from '../../src/access/read-policy.ts'

export type Keys = Readonly<Record<string, readonly string[]>>

export const lookUp = (keys: Keys) => {
  const byName = new Map(Object.entries(keys).map(([name, values]) => [name.toLowerCase(), values]))
  return (name: string) => byName.get(name)
}
export const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
export const roleOf = (statement: object, version = '2012-10-17') =>
  readPolicy(JSON.stringify({ Version: version, Statement: statement }), 'role')
export const decide = (statement: object, keys: Keys = {}, resource = '*', version?: string): Decision =>
  evaluatePolicy(roleOf(statement, version), 'a:B', resource, lookUp(keys))
export const holds = (condition: object, keys: Keys = {}) => decide({ ...allow, Condition: condition }, keys) === 'allowed'
