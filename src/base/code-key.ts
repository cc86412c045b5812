import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { makeKeyFile, readKeyFile } from './key-file.ts'

const what = 'key for codes'

/**
 * The local key that encrypts codes for custom senders: from the file that the settings name, or in `dev` from the data folder, where it is
 * made at the first start. Undefined when KMS has the key, and in `serve` when nothing is set.
 * @throws SettingsError when the file cannot be read or made
 */
export function loadCodeKey(settings: Settings): Buffer | undefined {
  const { mode, data, codeKeyFile, kmsRegion, kmsEndpoint, allowReadableKeyFile: allowReadable } = settings
  if (codeKeyFile !== undefined) return readKeyFile(codeKeyFile, { what, setting: '--code-key-file' }, { allowReadable })
  if (mode !== 'dev' || kmsRegion !== undefined || kmsEndpoint !== undefined) return undefined
  const path = join(data, 'code.key')
  makeKeyFile(path, { what, setting: '--data' })
  return readKeyFile(path, { what, setting: '--data' }, { allowReadable })
}
