/** How the text of a setting is understood. */
export type SettingType =
  | { readonly kind: 'text' | 'path' | 'flag' | 'key' | 'counts' }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp; readonly says: string }
  | { readonly kind: 'url'; readonly schemes: readonly string[] }

/** One setting: its flag is `--<flag>`, its variable `LIFEGUARD_<FLAG>`, its name in the configuration file `<flag>`. */
export type SettingSpec = {
  readonly flag: string
  readonly type: SettingType
  /** What the help calls the value. */
  readonly value?: string
  readonly default?: string | number | boolean
  /** Said in place of a default that depends on other things. */
  readonly defaultText?: string
  /** Never printed, logged or repeated in an error. */
  readonly secret?: boolean
  /** The commands that cannot run without it. */
  readonly requiredBy?: readonly ('serve' | 'keys')[]
  readonly help: string
}

export const text = { kind: 'text' } as const
export const path = { kind: 'path' } as const
export const flag = { kind: 'flag' } as const

/** `--public-url` is LIFEGUARD_PUBLIC_URL. */
export function variableOf(spec: SettingSpec): string {
  return `LIFEGUARD_${spec.flag.toUpperCase().replaceAll('-', '_')}`
}
