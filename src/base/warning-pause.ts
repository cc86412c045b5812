/** Says of things of one kind which is worth a warning: the first, and the next one after a pause. */
export type WarningPause = {
  /** How many of the kind came since the last warning; undefined while it is too early for another. */
  ask(kind: string, now: number): number | undefined
}

const pauseMs = 60_000
/** Kinds may quote what a far end says, which can be anything. */
const mostKinds = 100

export function createWarningPause(): WarningPause {
  const kinds = new Map<string, { readonly warnedAt: number; count: number }>()
  return {
    ask(kind, now) {
      const known = kinds.get(kind)
      const age = known === undefined ? pauseMs : now - known.warnedAt
      // A time before the warning: the clock was set back.
      if (known !== undefined && age >= 0 && age < pauseMs) {
        known.count++
        return undefined
      }
      if (kinds.size >= mostKinds) kinds.clear()
      kinds.set(kind, { warnedAt: now, count: 0 })
      return (known?.count ?? 0) + 1
    },
  }
}
