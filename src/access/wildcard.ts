/**
 * Whether the whole text matches a pattern in which `*` stands for any characters (none, too) and `?` for exactly one.
 * It only ever returns to the latest `*`, since what an earlier one could take instead, the latest can take as well: at worst the
 * time is the product of the two lengths, whatever the pattern.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resumeAt = 0
  while (t < text.length) {
    // The star first: a `*` in the text is an ordinary character and must not pass for the one in the pattern.
    if (pattern[p] === '*') {
      star = p++
      resumeAt = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resumeAt
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
