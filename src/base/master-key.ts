import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseMasterKey, type Settings, SettingsError } from '../settings.ts'
import { masterKeyBytes } from './secrets.ts'

/** The key that was given, or that stands in the file that was given, or in `dev` that of the data folder, made at the first start. */
export function loadMasterKey(settings: Settings): Buffer {
  if (settings.masterKey !== undefined) return settings.masterKey
  if (settings.masterKeyFile !== undefined) return readKeyFile(settings.masterKeyFile, '--master-key-file')
  const path = join(settings.data, 'master.key')
  createKeyFile(path)
  return readKeyFile(path, '--data')
}

function readKeyFile(path: string, setting: string): Buffer {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new SettingsError(`${setting}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  return parseMasterKey(text, `${setting} ${path}`)
}

/** O_EXCL: whatever is there stays, for everything stored is sealed under it. */
function createKeyFile(path: string): void {
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, `${randomBytes(masterKeyBytes).toString('base64')}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new SettingsError(`--data: the master key cannot be written to ${path} (${code}).`)
  }
}
