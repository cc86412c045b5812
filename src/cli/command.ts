import type { RunningServer } from '../server.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'

/** What the process was started with, after the words of the command. */
export type Call = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> }

export type Command = {
  /** The words that choose it, such as `keys create`. */
  readonly name: string
  /** What else it takes, as the help shows it. */
  readonly operands?: string
  readonly summary: string
  /** Flags that only this command has. */
  readonly ownFlags?: readonly SettingSpec[]
  /** Whether it runs until it is told to stop. */
  readonly isServer?: true
  /** It may take long, and a signal ends it at once: what it has done so far stands. */
  readonly endsAtOnce?: boolean
  /** Throws SettingsError for what the operator can put right. A command that starts a server answers with it. */
  run(call: Call): Promise<RunningServer | undefined>
}

/** The words of a call that are no flags; throws SettingsError unless there are `count` of them. */
export function readOperands({ argv }: Call, ownFlags: readonly SettingSpec[], count: number): readonly string[] {
  const { words } = parseFlags(argv, [...Object.values(settingsTable), ...ownFlags])
  const surplus = words[count]
  if (surplus !== undefined) {
    // `npm start --port 9912` arrives as the word 9912: npm keeps the flag.
    throw new SettingsError(
      `"${surplus}" is not understood here. With npm, flags follow "--": npm start -- --port 9912. See: lifeguard help`,
    )
  }
  if (words.length < count) throw new SettingsError('Something is missing at the end of this command. See: lifeguard help')
  return words
}
