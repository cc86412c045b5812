import { isDeepStrictEqual } from 'node:util'
import { invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'

/** The settings that decide which names find the users of a pool, and in which set these names are stored. */
export type NameSettings = Pick<Pool, 'usernameAttributes' | 'aliasAttributes' | 'caseSensitive' | 'nameSet'>

/** How the names are stored while a schema change that changes them is unfinished. */
export type NameRules = {
  readonly before: NameSettings
  readonly after: NameSettings
  /** Whether users may be left without a name but their `sub`. */
  readonly reportsNameless: boolean
}

/** What a schema change does to the names of users. An undefined setting stays as it is. */
export type NameChange = {
  readonly usernameAttributes: Pool['usernameAttributes'] | undefined
  readonly aliasAttributes: Pool['aliasAttributes'] | undefined
  readonly caseSensitive: boolean | undefined
  /** Whether users who would have no name but their `sub` are counted only, instead of being a conflict. */
  readonly reportsNameless: boolean
}

/**
 * The settings before and after the change. The names are stored in the other set than the present ones.
 * @throws ApiError InvalidParameterException when the settings are so already
 */
export function nameRulesOf(pool: Pool, change: NameChange): NameRules {
  const { usernameAttributes, aliasAttributes, caseSensitive, nameSet } = pool
  const before = { usernameAttributes, aliasAttributes, caseSensitive, nameSet }
  const after: NameSettings = {
    usernameAttributes: change.usernameAttributes ?? before.usernameAttributes,
    aliasAttributes: change.aliasAttributes ?? before.aliasAttributes,
    caseSensitive: change.caseSensitive ?? before.caseSensitive,
    nameSet: before.nameSet === 'second' ? undefined : 'second',
  }
  if (isDeepStrictEqual(compared(before), compared(after))) {
    throw invalidParameter('UsernameAttributes, AliasAttributes and UsernameConfiguration are as the user pool has them already.')
  }
  return { before, after, reportsNameless: change.reportsNameless }
}

/** The pool with these settings. JSON leaves undefined members out, so each one is named. */
export const withNames = (pool: Pool, { usernameAttributes, aliasAttributes, caseSensitive, nameSet }: NameSettings): Pool => ({
  ...pool,
  usernameAttributes,
  aliasAttributes,
  caseSensitive,
  nameSet,
})

const compared = ({ usernameAttributes, aliasAttributes, caseSensitive }: NameSettings) => ({
  usernameAttributes: usernameAttributes.toSorted(),
  aliasAttributes: aliasAttributes.toSorted(),
  isCaseSensitive: caseSensitive !== false,
})
