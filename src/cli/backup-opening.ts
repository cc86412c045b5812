import type { Opening } from '../portability/container/sealing.ts'
import { path, type SettingSpec } from '../setting-spec.ts'
import { parseFlags, type Settings, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import type { CommandCall } from './command.ts'

/** The flags of commands that open a backup. */
export const openingFlags: readonly SettingSpec[] = [
  { flag: 'passphrase-file', type: path, value: 'FILE', help: 'The file whose first line is the passphrase of the backup.' },
  {
    flag: 'identity-file',
    type: path,
    value: 'FILE',
    help: 'The file with the identity (AGE-SECRET-KEY-1…) that the backup is sealed for.',
  },
]

/**
 * Reads the secret that opens a backup from the file that one of `openingFlags` names.
 * @throws SettingsError when neither or both are given, or the file cannot be read or has no secret
 */
export async function readOpening(
  { argv }: CommandCall,
  ownFlags: readonly SettingSpec[],
  { allowReadableKeyFile }: Settings,
): Promise<Opening> {
  const { values } = parseFlags(argv, [...Object.values(settingsTable), ...ownFlags])
  const [passphraseFile, identityFile] = [values.get('passphrase-file'), values.get('identity-file')]
  if ((passphraseFile === undefined) === (identityFile === undefined)) {
    throw new SettingsError('Give the secret of the backup by --passphrase-file or by --identity-file.')
  }
  const { readProtectedFile } = await import('../base/key-file.ts')
  const lineOf = (file: string, setting: string, isWanted: (line: string) => boolean) => {
    const text = readProtectedFile(file, setting, { allowReadable: allowReadableKeyFile })
    const line = text.split(/\r?\n/).find(isWanted)
    if (line === undefined || line === '') throw new SettingsError(`${setting}: ${file} has no secret of a backup.`)
    return line
  }
  if (passphraseFile !== undefined) return { passphrase: lineOf(passphraseFile, '--passphrase-file', () => true) }
  // Tools for age write comments above the identity.
  return { identity: lineOf(identityFile ?? '', '--identity-file', (line) => line.startsWith('AGE-SECRET-KEY-1')).trim() }
}
