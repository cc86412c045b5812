import type { StartSchemaChangeRequest } from '../../contract/generated/types.ts'
import type { NameChange } from './name-change.ts'

/** The members about names, as CreateUserPool has them. */
type SentNames = Pick<StartSchemaChangeRequest, 'UsernameAttributes' | 'AliasAttributes' | 'UsernameConfiguration' | 'MissingNames'>

/** Undefined when the request has none of these members. */
export function readNameChange({
  UsernameAttributes,
  AliasAttributes,
  UsernameConfiguration,
  MissingNames,
}: SentNames): NameChange | undefined {
  const wanted = [UsernameAttributes, AliasAttributes, UsernameConfiguration]
  if (wanted.every((member) => member === undefined)) return undefined
  return {
    usernameAttributes: UsernameAttributes && [...new Set(UsernameAttributes)],
    aliasAttributes: AliasAttributes && [...new Set(AliasAttributes)],
    caseSensitive: UsernameConfiguration?.CaseSensitive,
    reportsNameless: MissingNames === 'REPORT',
  }
}

export function writeNameChange(names: NameChange | undefined): SentNames {
  if (names === undefined) return {}
  const { usernameAttributes, aliasAttributes, caseSensitive, reportsNameless } = names
  return {
    UsernameAttributes: usernameAttributes && [...usernameAttributes],
    AliasAttributes: aliasAttributes && [...aliasAttributes],
    UsernameConfiguration: caseSensitive === undefined ? undefined : { CaseSensitive: caseSensitive },
    MissingNames: reportsNameless ? 'REPORT' : undefined,
  }
}
