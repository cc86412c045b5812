import type { SettingSpec } from './setting-spec.ts'

/** A sentence that names the flag in `specs` that the user probably meant by `name`. Empty when no flag is similar to `name`. */
export function suggestion(name: string, specs: readonly SettingSpec[]): string {
  const near = specs.find(({ flag }) => isNear(name, flag)) ?? specs.find(({ flag }) => name.startsWith(`${flag}-`))
  return near === undefined ? '' : ` Did you mean --${near.flag}?`
}

/** Whether the names differ by one missing, additional or wrong letter, or by two neighbouring letters in the wrong order. */
export function isNear(one: string, other: string): boolean {
  let start = 0
  while (start < one.length && one[start] === other[start]) start++
  const [a, b] = [one.slice(start), other.slice(start)]
  if (a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1)) return true
  return a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2)
}
