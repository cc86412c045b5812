import type { Attributes } from '../user.ts'

/** The attribute that lists the `sub` of each user who was merged into this one. Only the server sets it. */
export const mergedSubsAttribute = 'merged_subs'

/** The most users that can be merged into one: the list stands in the user's ID tokens. */
export const maxMergedSubs = 10

export function mergedSubsOf(attributes: Attributes): readonly string[] {
  const text = attributes[mergedSubsAttribute]
  return text === undefined ? [] : (JSON.parse(text) as string[])
}

export const withMergedSubs = (attributes: Attributes, subs: readonly string[]): Attributes => ({
  ...attributes,
  [mergedSubsAttribute]: JSON.stringify(subs),
})
