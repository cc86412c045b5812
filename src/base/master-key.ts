import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { makeKeyFile, readKeyFile } from './key-file.ts'

const what = 'master key'

/** The former key, which is set while the master key is being changed. */
export function loadPreviousMasterKey(settings: Settings): Buffer | undefined {
  if (settings.previousMasterKeyFile === undefined) return settings.previousMasterKey
  const labels = { what, setting: '--previous-master-key-file' }
  return readKeyFile(settings.previousMasterKeyFile, labels, { allowReadable: settings.allowReadableKeyFile })
}

/** The key of the settings, or of the file that they name, or in `dev` of the data folder, where it is made at the first start. */
export function loadMasterKey(settings: Settings): Buffer {
  if (settings.masterKey !== undefined) return settings.masterKey
  if (settings.masterKeyFile !== undefined) {
    return readKeyFile(settings.masterKeyFile, { what, setting: '--master-key-file' }, { allowReadable: settings.allowReadableKeyFile })
  }
  const path = join(settings.data, 'master.key')
  makeKeyFile(path, { what, setting: '--data' })
  return readKeyFile(path, { what, setting: '--data' }, { allowReadable: settings.allowReadableKeyFile })
}
