/** The length of a word of bits. */
const wordBits = 32

/**
 * Whether the whole text matches a pattern in which `*` stands for zero or more characters and `?` for exactly one. At the positions in
 * `literal` they stand for themselves.
 * Each piece between two `*` is searched for once, after the piece before it: the earliest match leaves the most text for the others. A step
 * of the search handles 32 characters of the piece. So the steps are at most the product of the two lengths, divided by 32.
 */
export function matchesWildcard(pattern: string, text: string, literal?: ReadonlySet<number>): boolean {
  const stars = starsOf(pattern, literal)
  const [first, last] = [stars[0], stars.at(-1)]
  if (first === undefined || last === undefined) {
    return text.length === pattern.length && matchesAt({ pattern, literal, from: 0, to: pattern.length }, text, 0)
  }
  const end = text.length - (pattern.length - last - 1)
  if (end < first) return false
  if (!matchesAt({ pattern, literal, from: 0, to: first }, text, 0)) return false
  if (!matchesAt({ pattern, literal, from: last + 1, to: pattern.length }, text, end)) return false
  let at = first
  for (let i = 1; i < stars.length && at >= 0; i++) {
    at = endOfMatch({ pattern, literal, from: (stars[i - 1] ?? 0) + 1, to: stars[i] ?? 0 }, text, at, end)
  }
  return at >= 0
}

function starsOf(pattern: string, literal: ReadonlySet<number> | undefined): readonly number[] {
  const stars: number[] = []
  for (let at = pattern.indexOf('*'); at >= 0; at = pattern.indexOf('*', at + 1)) if (!literal?.has(at)) stars.push(at)
  return stars
}

/** The part of a pattern from `from` up to and without `to`. It has no `*` that is a wildcard. */
type Piece = { readonly pattern: string; readonly literal: ReadonlySet<number> | undefined; readonly from: number; readonly to: number }

const isAny = ({ pattern, literal }: Piece, at: number) => pattern[at] === '?' && !literal?.has(at)

function matchesAt(piece: Piece, text: string, start: number): boolean {
  for (let at = piece.from; at < piece.to; at++) {
    if (piece.pattern[at] !== text[start + at - piece.from] && !isAny(piece, at)) return false
  }
  return true
}

/** Finds the first match of the piece between `start` and `end`. Returns the index where the match ends, or -1 without a match. */
function endOfMatch(piece: Piece, text: string, start: number, end: number): number {
  const length = piece.to - piece.from
  if (length === 0) return start
  if (length > end - start) return -1
  const masks = masksOf(piece)
  const words = Math.ceil(length / wordBits)
  // Bit i of `matched` says that the text up to here ends with the first i + 1 characters of the piece (the algorithm "Shift-And" of
  // R. Baeza-Yates and G. Gonnet, "A New Approach to Text Searching", 1992).
  const matched = new Int32Array(words)
  const lastBit = 1 << ((length - 1) % wordBits)
  for (let at = start; at < end; at++) {
    const mask = masks.get(text.charCodeAt(at)) ?? masks.get(otherCharacter)
    let carry = 1
    for (let word = 0; word < words; word++) {
      const before = matched[word] ?? 0
      matched[word] = ((before << 1) | carry) & (mask?.[word] ?? 0)
      carry = before >>> (wordBits - 1)
    }
    if (((matched[words - 1] ?? 0) & lastBit) !== 0) return at + 1
  }
  return -1
}

/** The key for all characters that the piece does not have. */
const otherCharacter = -1

/** For each character, the positions of the piece that it fits. */
function masksOf(piece: Piece): ReadonlyMap<number, Int32Array> {
  const any = new Int32Array(Math.ceil((piece.to - piece.from) / wordBits))
  const setBit = (mask: Int32Array, at: number) => {
    const bit = at - piece.from
    const word = Math.floor(bit / wordBits)
    mask[word] = (mask[word] ?? 0) | (1 << (bit % wordBits))
  }
  for (let at = piece.from; at < piece.to; at++) if (isAny(piece, at)) setBit(any, at)
  const masks = new Map([[otherCharacter, any]])
  for (let at = piece.from; at < piece.to; at++) {
    if (isAny(piece, at)) continue
    const character = piece.pattern.charCodeAt(at)
    const mask = masks.get(character) ?? any.slice()
    masks.set(character, mask)
    setBit(mask, at)
  }
  return masks
}
