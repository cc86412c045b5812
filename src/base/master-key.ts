import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { makeKeyFile, readKeyFile } from './key-file.ts'

const what = 'master key'

/** The key before, while the master key is being changed. */
export function loadPreviousMasterKey(settings: Settings): Buffer | undefined {
  if (settings.previousMasterKeyFile === undefined) return settings.previousMasterKey
  const naming = { what, setting: '--previous-master-key-file' }
  return readKeyFile(settings.previousMasterKeyFile, naming, { allowReadable: settings.allowReadableKeyFile })
}

/** The key that was given, or that stands in the file that was given, or in `dev` that of the data folder, made at the first start. */
export function loadMasterKey(settings: Settings): Buffer {
  if (settings.masterKey !== undefined) return settings.masterKey
  if (settings.masterKeyFile !== undefined) {
    return readKeyFile(settings.masterKeyFile, { what, setting: '--master-key-file' }, { allowReadable: settings.allowReadableKeyFile })
  }
  const path = join(settings.data, 'master.key')
  makeKeyFile(path, { what, setting: '--data' })
  return readKeyFile(path, { what, setting: '--data' }, { allowReadable: settings.allowReadableKeyFile })
}
