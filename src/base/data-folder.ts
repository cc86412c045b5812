import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { SettingsError } from '../settings.ts'

/** Makes the folder, closed to other users, unless it is there. Throws SettingsError when it cannot be written to. */
export function openDataFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'is not a folder' : `cannot be written to (${code})`
    throw new SettingsError(`--data: ${path} ${reason}. Choose another folder or change its owner.`)
  }
  if (!statSync(path).isDirectory()) throw new SettingsError(`--data: ${path} is not a folder.`)
}
