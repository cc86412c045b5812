/**
 * Whether the whole text matches a pattern in which `*` stands for zero or more characters and `?` for exactly one. At the positions in
 * `literal` they stand for themselves.
 * The function backtracks to the latest `*` only, because the latest one can match whatever an earlier one could. So the time is at most
 * proportional to the product of the two lengths.
 */
export function matchesWildcard(pattern: string, text: string, literal?: ReadonlySet<number>): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resumeAt = 0
  while (t < text.length) {
    // Test for the star first: a `*` in the text is an ordinary character and must not match the one in the pattern.
    if (pattern[p] === '*' && !literal?.has(p)) {
      star = p++
      resumeAt = t
    } else if (p < pattern.length && ((pattern[p] === '?' && !literal?.has(p)) || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resumeAt
    } else return false
  }
  while (pattern[p] === '*' && !literal?.has(p)) p++
  return p === pattern.length
}
