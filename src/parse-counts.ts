/** The whole numbers by name in a JSON object. Undefined for any other text. */
export function parseCounts(text: string): Readonly<Record<string, number>> | undefined {
  let counts: unknown
  try {
    counts = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof counts !== 'object' || counts === null || Array.isArray(counts)) return undefined
  const isCount = (count: unknown) => typeof count === 'number' && Number.isSafeInteger(count) && count >= 0
  return Object.values(counts).every(isCount) ? (counts as Record<string, number>) : undefined
}
