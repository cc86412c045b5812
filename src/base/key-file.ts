import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { parseKey, SettingsError } from '../settings.ts'

/** What a key is called in an error, and the setting that named its file. */
type Naming = { readonly what: string; readonly setting: string }

const keyBytes = 32

/** The 32 bytes in a file. `ownersOnly` refuses one that others may read. Throws SettingsError. */
export function readKeyFile(path: string, { what, setting }: Naming, { ownersOnly = false } = {}): Buffer {
  let text: string
  try {
    const file = openSync(path, 'r')
    try {
      // Of the very file that is read. Windows knows no such bits.
      if (ownersOnly && process.platform !== 'win32' && (fstatSync(file).mode & 0o077) !== 0) {
        throw new SettingsError(`${setting}: ${path} can be read by others. Run: chmod 600 ${path}`)
      }
      text = readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof SettingsError) throw error
    throw new SettingsError(`${setting}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  return parseKey(text, `${setting} ${path}`, what)
}

/** O_EXCL: whatever is there stays, for something may be sealed under it. Throws SettingsError. */
export function makeKeyFile(path: string, { what, setting }: Naming): void {
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, `${randomBytes(keyBytes).toString('base64')}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new SettingsError(`${setting}: the ${what} cannot be written to ${path} (${code}).`)
  }
}
