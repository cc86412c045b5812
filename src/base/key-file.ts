import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { parseKey, SettingsError } from '../settings.ts'

/** For error messages: the name of the key, and the setting that names its file. */
type KeyFileLabels = { readonly what: string; readonly setting: string }

const keyBytes = 32

/** The permission bits by which the group or others may write to a file. */
const writableByOthers = 0o022
/** The permission bit by which every user may read a file. */
const readableByAll = 0o004

/**
 * Reads the 32 bytes of a key file.
 * @throws SettingsError when the file has no key, group or others can change it, or others can read it and `allowReadable` is false
 */
export function readKeyFile(path: string, { what, setting }: KeyFileLabels, { allowReadable = false } = {}): Buffer {
  const text = readProtectedFile(path, setting, { allowReadable, ifMissing: missing(path, what) })
  return parseKey(text, `${setting} ${path}`, what)
}

type ProtectedFileOptions = {
  readonly allowReadable?: boolean
  /** How the error message ends when there is no such file. */
  readonly ifMissing?: string
}

/**
 * Reads a file that only its owner may write to and only its owner and group may read.
 * @throws SettingsError when the file is missing, group or others can change it, or others can read it and `allowReadable` is false
 */
export function readProtectedFile(
  path: string,
  setting: string,
  { allowReadable = false, ifMissing = 'does not exist.' }: ProtectedFileOptions = {},
): string {
  try {
    const file = openSync(path, 'r')
    try {
      const exposure = findExposure(fstatSync(file).mode, path, allowReadable)
      if (exposure !== undefined) throw new SettingsError(`${setting}: ${path} ${exposure}`)
      return readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof SettingsError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new SettingsError(`${setting}: ${path} ${code === 'ENOENT' ? ifMissing : `cannot be read (${code}).`}`)
  }
}

/** What is wrong with the permissions, as the end of an error message. Windows has no such permissions. */
function findExposure(mode: number, path: string, allowReadable: boolean): string | undefined {
  if (process.platform === 'win32') return undefined
  if ((mode & writableByOthers) !== 0) return `can be changed by others than its owner. Run: chmod 600 ${path}`
  if ((mode & readableByAll) === 0 || allowReadable) return undefined
  return `can be read by every user of the machine. Run: chmod 600 ${path}, or allow it by --allow-readable-key-file.`
}

function missing(path: string, what: string): string {
  return `does not exist. Make a ${what} with: (umask 077 && openssl rand -base64 32 > ${path})`
}

/**
 * Makes a key file. An existing file is left as it is, because stored values may be sealed under its key.
 * @throws SettingsError when the file cannot be written
 */
export function makeKeyFile(path: string, { what, setting }: KeyFileLabels): void {
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
