import { type RequestKeys, valuesOf } from './policy-text.ts'

/** Whether one value of the request matches one value of the policy. */
export type ValueMatcher = (value: string, keys: RequestKeys) => boolean

/** One key below one operator of a Condition. A Condition holds when all of them hold. */
export type ConditionTest = {
  /** The name of the key, in lower case. */
  readonly key: string
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined
  readonly ifExists: boolean
  readonly negated: boolean
} & ({ readonly matchers: readonly ValueMatcher[] } | { readonly isNull: readonly boolean[] })

/**
 * Whether a condition holds: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for multivalued context keys"
 * and "Evaluation logic for multiple context keys or values".
 */
export function holds(test: ConditionTest, keys: RequestKeys): boolean {
  const values = valuesOf(keys, test.key)
  if ('isNull' in test) return test.isNull.includes(values.length === 0)

  const { quantifier, negated } = test
  if (values.length === 0) {
    if (test.ifExists || quantifier === 'ForAllValues') return true
    return quantifier === undefined && negated
  }
  // For the set operators, a key whose only value is an empty text is a key without values.
  if (quantifier !== undefined && values.every((value) => value === '')) return quantifier === 'ForAllValues'
  const isMatch = (value: string) => test.matchers.some((matches) => matches(value, keys)) !== negated
  // Without a set operator, a negated operator must hold for every value, and any other for one.
  const forAll = quantifier === 'ForAllValues' || (quantifier === undefined && negated)
  return forAll ? values.every(isMatch) : values.some(isMatch)
}
