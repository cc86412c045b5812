import { readProtectedFile } from '../base/key-file.ts'
import type { Opening, Sealing } from '../portability/container/sealing.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import type { CommandCall } from './command.ts'

const passphraseFile: SettingSpec = {
  flag: 'passphrase-file',
  type: { kind: 'path' },
  value: 'FILE',
  help: 'File with the passphrase of the backup. Only its owner may have access to it.',
}

/** The flags of commands that seal a file. */
export const sealingFlags: readonly SettingSpec[] = [
  passphraseFile,
  {
    flag: 'recipient',
    type: { kind: 'text' },
    value: 'RECIPIENTS',
    help: 'Seal the file for the owners of these identities instead: one or more recipients (`age1…`), separated by commas. See `backup keygen`.',
  },
]

/** The flags of commands that open a sealed file. */
export const openingFlags: readonly SettingSpec[] = [
  passphraseFile,
  {
    flag: 'identity-file',
    type: { kind: 'path' },
    value: 'FILE',
    help: 'File with the identity (`AGE-SECRET-KEY-1…`) that the backup was sealed for. Only its owner may have access to it.',
  },
]

/** A shorter passphrase can be found by trying. */
const minimumPassphraseLength = 10
const maximumSecretBytes = 4096

/** @throws SettingsError unless exactly one way of sealing is named, and it can be used */
export function readSealing(call: CommandCall, ownFlags: readonly SettingSpec[]): Sealing {
  const { file, other } = chooseOne(call, ownFlags, 'recipient')
  if (file !== undefined) return { passphrase: readPassphrase(file) }
  return { recipients: (other ?? '').split(',').map((text) => text.trim()) }
}

/** @throws SettingsError unless exactly one way of opening is named, and it can be read */
export function readOpening(call: CommandCall, ownFlags: readonly SettingSpec[]): Opening {
  const { file, other } = chooseOne(call, ownFlags, 'identity-file')
  if (file !== undefined) return { passphrase: readSecret(file, '--passphrase-file') }
  return { identity: readIdentity(other ?? '') }
}

function chooseOne(
  call: CommandCall,
  ownFlags: readonly SettingSpec[],
  flag: string,
): { file: string | undefined; other: string | undefined } {
  const { values } = parseFlags(call.argv, [...Object.values(settingsTable), ...ownFlags])
  const [file, other] = [values.get('passphrase-file'), values.get(flag)]
  if ((file === undefined) === (other === undefined)) throw new SettingsError(`Give either --passphrase-file or --${flag}.`)
  return { file, other }
}

/** The passphrase in the file, for a new backup. @throws SettingsError when it is too short, or the file cannot be used */
function readPassphrase(path: string): string {
  const passphrase = readSecret(path, '--passphrase-file')
  if (passphrase.length >= minimumPassphraseLength) return passphrase
  throw new SettingsError(
    `--passphrase-file: ${path} has a passphrase of fewer than ${minimumPassphraseLength} characters. Make a long one with: openssl rand -base64 24`,
  )
}

/** The identity in the file. Lines that begin with `#` are comments, as in the files of `age-keygen`. */
function readIdentity(path: string): string {
  const lines = readProtectedFile(path, '--identity-file').split('\n')
  const identity = lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'))
  if (identity !== undefined && /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(identity)) return identity
  throw new SettingsError(
    `--identity-file: ${path} has no identity. An identity begins with AGE-SECRET-KEY-1; see: lifeguard backup keygen FILE`,
  )
}

function readSecret(path: string, setting: string): string {
  const text = readProtectedFile(path, setting).replace(/\r?\n$/, '')
  if (text !== '' && text.length <= maximumSecretBytes && !text.includes('\n')) return text
  throw new SettingsError(`${setting}: ${path} must have one line with the passphrase.`)
}
