/** The type of a setting. It decides how the text of a value is parsed. `expected` completes the error "… is not …". */
export type SettingType =
  | { readonly kind: 'text' | 'path' | 'flag' | 'key' | 'counts' }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp; readonly expected: string }
  | { readonly kind: 'url'; readonly schemes: readonly string[] }

/** One setting: its flag is `--<flag>`, its variable `LIFEGUARD_<FLAG>`, its name in the configuration file `<flag>`. */
export type SettingSpec = {
  readonly flag: string
  readonly type: SettingType
  /** The placeholder of the value in the help. */
  readonly value?: string
  readonly default?: string | number | boolean
  /** Describes a default in words, for example because it depends on the command or on another setting. */
  readonly defaultText?: string
  /** Whether the value is secret. Then it is never printed, logged or repeated in an error. */
  readonly secret?: boolean
  /** The commands that require the setting. */
  readonly requiredBy?: readonly ('serve' | 'keys' | 'db')[]
  readonly help: string
}

export const text = { kind: 'text' } as const
export const path = { kind: 'path' } as const
export const flag = { kind: 'flag' } as const

/** The name of the setting's environment variable: LIFEGUARD_PUBLIC_URL for `--public-url`. */
export function variableOf(spec: SettingSpec): string {
  return `LIFEGUARD_${spec.flag.toUpperCase().replaceAll('-', '_')}`
}
