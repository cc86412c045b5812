import { isObject } from '../base/is-object.ts'
import type { ConditionTest, ValueMatcher } from './condition.ts'
import { type Operator, operators } from './condition-operators.ts'
import { PolicyError } from './policy-error.ts'
import type { CheckKey, PolicyText } from './policy-text.ts'

type Context = { readonly readText: (text: string, where: string) => PolicyText; readonly checkKey: CheckKey }

/**
 * Reads the Condition of a statement.
 * @throws PolicyError when it has an unknown operator or key, or a value that the operator cannot compare
 */
export function readCondition(condition: unknown, where: string, context: Context): readonly ConditionTest[] {
  if (!isObject(condition)) throw new PolicyError(`${where} must be a JSON object.`)
  const tests = Object.entries(condition).flatMap(([name, keys]) => readOperator(name, keys, `${where} ${JSON.stringify(name)}`, context))
  if (tests.length === 0) throw new PolicyError(`${where} is empty.`)
  return tests
}

function readOperator(fullName: string, keys: unknown, where: string, context: Context): readonly ConditionTest[] {
  const [, quantifier, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(fullName) ?? []
  const operator = operators.get(name)
  if (operator === undefined && fullName !== 'Null') throw new PolicyError(`${where} is not an operator that this server knows.`)
  if (!isObject(keys) || Object.keys(keys).length === 0) throw new PolicyError(`${where} must be a JSON object with condition keys.`)

  const seen = new Set<string>()
  return Object.entries(keys).map(([keyName, value]) => {
    const key = context.checkKey(keyName, where)
    if (seen.has(key)) throw new PolicyError(`${where} has the key ${JSON.stringify(keyName)} twice; the case of keys does not count.`)
    seen.add(key)
    const at = `${where}: ${keyName}`
    const base = {
      key,
      quantifier: quantifier as ConditionTest['quantifier'],
      ifExists: ifExists !== undefined,
      negated: operator?.negated ?? false,
    }
    const values = readValues(value, operator?.jsonType ?? (operator === undefined ? 'boolean' : undefined), at)
    if (operator === undefined) return { ...base, isNull: values.map((text) => readIsNull(text, at)) }
    return { ...base, matchers: values.map((text) => compile(operator, text, at, context)) }
  })
}

function readValues(value: unknown, jsonType: Operator['jsonType'], where: string): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0) throw new PolicyError(`${where} has no value.`)
  return values.map((item) => {
    if (typeof item === 'string' || (jsonType !== undefined && typeof item === jsonType)) return String(item)
    throw new PolicyError(`${where} must have a string or a list of strings.`)
  })
}

function readIsNull(text: string, where: string): boolean {
  const lower = text.toLowerCase()
  if (lower !== 'true' && lower !== 'false') throw new PolicyError(`${where}: ${JSON.stringify(text)} must be "true" or "false".`)
  return lower === 'true'
}

function compile(operator: Operator, text: string, where: string, { readText }: Context): ValueMatcher {
  const at = `${where} ${JSON.stringify(text)}`
  const matcher = operator.hasVariables ? operator.compile(readText(text, at)) : operator.compile(text)
  if (matcher === undefined) throw new PolicyError(`${at} must be ${operator.form}.`)
  return matcher
}
