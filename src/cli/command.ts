import type { RunningServer } from '../server.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'

/** The environment, and the arguments after the name of the command. */
export type CommandCall = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> }

export type Command = {
  /** One or two words, such as `keys create`. */
  readonly name: string
  /** The operands of the command, as the help shows them. */
  readonly operands?: string
  readonly summary: string
  /** Flags that only this command has. */
  readonly ownFlags?: readonly SettingSpec[]
  /** Whether the command runs until a signal stops it. */
  readonly isServer?: true
  /** Whether a signal ends the command at once. This is for a command that may take long and keeps what it has done so far. */
  readonly endsAtOnce?: boolean
  /**
   * Returns the server if the command starts one.
   * @throws SettingsError when the operator can correct what is wrong
   */
  run(call: CommandCall): Promise<RunningServer | undefined>
}

/**
 * The arguments of a call that are not flags.
 * @throws SettingsError unless there are `count` of them
 */
export function readOperands({ argv }: CommandCall, ownFlags: readonly SettingSpec[], count: number): readonly string[] {
  const { operands } = parseFlags(argv, [...Object.values(settingsTable), ...ownFlags])
  const surplus = operands[count]
  if (surplus !== undefined) {
    // `npm start --port 9912` arrives here as the operand 9912: npm takes the flag for itself.
    throw new SettingsError(
      `"${surplus}" is not expected here. With npm, write "--" before the flags: npm start -- --port 9912. See: lifeguard help`,
    )
  }
  if (operands.length < count) throw new SettingsError('The command needs another argument at its end. See: lifeguard help')
  return operands
}

/** Whether a flag of the command itself is set. @throws SettingsError when its value is neither true nor false */
export function readOwnFlag({ argv }: CommandCall, ownFlags: readonly SettingSpec[], flag: string): boolean {
  const value = parseFlags(argv, [...Object.values(settingsTable), ...ownFlags]).values.get(flag) ?? 'false'
  if (value !== 'true' && value !== 'false') throw new SettingsError(`--${flag}: ${JSON.stringify(value)} is not true or false.`)
  return value === 'true'
}
