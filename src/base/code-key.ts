import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { makeKeyFile, readKeyFile } from './key-file.ts'

const what = 'key for codes'

/**
 * The local key under which custom senders get their codes: that of the file that was given, or in `dev` that of the data folder, made
 * at the first start. Undefined where KMS has the keys, and in `serve` where nothing was set. Throws SettingsError.
 */
export function loadCodeKey(settings: Settings): Buffer | undefined {
  const { mode, data, codeKeyFile, kmsRegion, kmsEndpoint, allowReadableKeyFile: allowReadable } = settings
  if (codeKeyFile !== undefined) return readKeyFile(codeKeyFile, { what, setting: '--code-key-file' }, { allowReadable })
  if (mode !== 'dev' || kmsRegion !== undefined || kmsEndpoint !== undefined) return undefined
  const path = join(data, 'code.key')
  makeKeyFile(path, { what, setting: '--data' })
  return readKeyFile(path, { what, setting: '--data' }, { allowReadable })
}
