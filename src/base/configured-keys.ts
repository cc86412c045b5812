import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { makeKeyFile, readKeyFile } from './key-file.ts'

const masterKey = 'master key'
const codeKey = 'key for codes'

/**
 * The master key: from the settings, from the file that they name, or in `dev` from the data folder, where the key is made at the first
 * start.
 * @throws SettingsError when the file cannot be read or made
 */
export function loadMasterKey(settings: Settings): Buffer {
  if (settings.masterKey !== undefined) return settings.masterKey
  if (settings.masterKeyFile === undefined) return loadKeyOfDataFolder(settings, masterKey, 'master.key')
  return readKeyFile(settings.masterKeyFile, { what: masterKey, setting: '--master-key-file' }, readOptions(settings))
}

/**
 * The previous master key, which is set while the master key is being changed.
 * @throws SettingsError when the file cannot be read
 */
export function loadPreviousMasterKey(settings: Settings): Buffer | undefined {
  if (settings.previousMasterKeyFile === undefined) return settings.previousMasterKey
  return readKeyFile(settings.previousMasterKeyFile, { what: masterKey, setting: '--previous-master-key-file' }, readOptions(settings))
}

/**
 * The local key that encrypts codes for custom senders: from the file that the settings name, or in `dev` from the data folder, where the
 * first start makes the key. Undefined when KMS has the key, and in `serve` when nothing is set.
 * @throws SettingsError when the file cannot be read or made
 */
export function loadCodeKey(settings: Settings): Buffer | undefined {
  const { mode, codeKeyFile, kmsRegion, kmsEndpoint } = settings
  if (codeKeyFile !== undefined) return readKeyFile(codeKeyFile, { what: codeKey, setting: '--code-key-file' }, readOptions(settings))
  if (mode !== 'dev' || kmsRegion !== undefined || kmsEndpoint !== undefined) return undefined
  return loadKeyOfDataFolder(settings, codeKey, 'code.key')
}

function loadKeyOfDataFolder(settings: Settings, what: string, file: string): Buffer {
  const path = join(settings.data, file)
  makeKeyFile(path, { what, setting: '--data' })
  return readKeyFile(path, { what, setting: '--data' }, readOptions(settings))
}

function readOptions({ allowReadableKeyFile: allowReadable }: Settings): { readonly allowReadable: boolean } {
  return { allowReadable }
}
