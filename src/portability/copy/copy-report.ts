/** What a copy has done, for the operator. It contains names of things and of users, never a secret. */
export type CopyReport = {
  /** Counts a thing, such as `('users', 'created')`. */
  count(thing: string, result: CopyResult): void
  /** Notes what could not be copied, and why. */
  fail(what: string, reason: string): void
  /** Notes what was changed on both sides. */
  conflict(what: string, kept: string): void
  /** Notes what is no longer there, but still here. */
  gone(what: string): void
  /** Notes something that the operator has to know. */
  note(text: string): void
  result(): ReportResult
}

export type CopyResult = 'created' | 'changed' | 'unchanged' | 'removed' | 'notCopied'

export type ReportResult = {
  readonly counts: Readonly<Record<string, Readonly<Partial<Record<CopyResult, number>>>>>
  readonly notCopied: readonly { readonly what: string; readonly reason: string }[]
  readonly conflicts: readonly { readonly what: string; readonly kept: string }[]
  readonly gone: readonly string[]
  readonly notes: readonly string[]
  /** How many more entries of the lists there were. Each list is limited. */
  readonly leftOut: number
}

/** The most entries of a list. A pool may have a million users that cannot be copied for the same reason. */
const maxEntries = 10_000

export function createCopyReport(): CopyReport {
  const counts: Record<string, Partial<Record<CopyResult, number>>> = {}
  const notCopied: { what: string; reason: string }[] = []
  const conflicts: { what: string; kept: string }[] = []
  const gone: string[] = []
  const notes: string[] = []
  let leftOut = 0
  function add<T>(list: T[], entry: T): void {
    if (list.length < maxEntries) list.push(entry)
    else leftOut++
  }
  return {
    count(thing, result) {
      counts[thing] ??= {}
      counts[thing][result] = (counts[thing][result] ?? 0) + 1
    },
    fail: (what, reason) => add(notCopied, { what, reason }),
    conflict: (what, kept) => add(conflicts, { what, kept }),
    gone: (what) => add(gone, what),
    note: (text) => add(notes, text),
    result: () => ({ counts, notCopied, conflicts, gone, notes, leftOut }),
  }
}

/** What no API of Cognito shows, and what follows from it. */
export const neverShown: readonly string[] = [
  'Passwords: they follow at the next sign-in while --until has not passed, or when users reset them here.',
  'Secrets of authenticator apps: see the notes on users with one.',
  'Passkeys and remembered devices: users register them again.',
  'Signing keys: tokens that the former pool issued are not valid here.',
  'Sessions and refresh tokens: users sign in again.',
]

export function reportText({ counts, notCopied, conflicts, gone, notes, leftOut }: ReportResult, isPlan: boolean): string {
  const lines = Object.entries(counts).map(([thing, results]) => {
    const parts = Object.entries(results).map(([result, count]) => `${count} ${result === 'notCopied' ? 'not copied' : result}`)
    return `${thing}: ${parts.join(', ')}`
  })
  const section = (title: string, entries: readonly string[]) =>
    entries.length === 0 ? [] : ['', `${title}:`, ...entries.map((entry) => `- ${entry}`)]
  return [
    isPlan ? 'Plan. Nothing was changed.' : 'The copy is complete.',
    ...lines,
    ...section(
      'Not copied',
      notCopied.map(({ what, reason }) => `${what}: ${reason}`),
    ),
    ...section(
      'Changed on both sides',
      conflicts.map(({ what, kept }) => `${what}: ${kept}`),
    ),
    ...section('No longer in the former pool, still here', gone),
    ...section('Notes', notes),
    ...section('What the former pool does not show', neverShown),
    ...(leftOut > 0 ? ['', `${leftOut} more lines were left out.`] : []),
  ].join('\n')
}
