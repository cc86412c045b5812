import { invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { requireConsistentPool } from '../pool-rules.ts'
import { changeSchema, checksOf } from './attribute-change.ts'
import { nameRulesOf, withNames } from './name-change.ts'
import type { WantedChange } from './schema-change.ts'
import type { SchemaRules } from './schema-rules.ts'

/**
 * Checks what is wanted against the pool.
 * @throws ApiError InvalidParameterException when nothing is wanted, or it is not possible
 */
export function requirePossibleChange(pool: Pool, { changes, names }: WantedChange): void {
  if (changes.length === 0 && names === undefined) {
    throw invalidParameter('Changes, UsernameAttributes, AliasAttributes or UsernameConfiguration is required.')
  }
  const schema = changeSchema(pool.schema, changes)
  requireConsistentPool({ ...(names === undefined ? pool : withNames(pool, nameRulesOf(pool, names).after)), schema })
}

/** The rules of the change before it is switched. */
export function rulesOf(changeId: string, pool: Pool, { changes, names }: WantedChange): SchemaRules {
  const { schema } = pool
  return {
    changeId,
    phase: 'checking',
    renames: changes.flatMap(({ name, newName }) => (newName === undefined ? [] : [{ from: name, to: newName, showsOld: false }])),
    removed: changes.flatMap(({ name, isRemoved }) => (isRemoved ? [name] : [])),
    defaults: Object.fromEntries(
      changes.flatMap(({ name, newName, defaultValue }) => (defaultValue === undefined ? [] : [[newName ?? name, defaultValue]])),
    ),
    names: names && nameRulesOf(pool, names),
    checks: checksOf(schema, changes),
  }
}
