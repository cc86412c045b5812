import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { SettingsError } from '../settings.ts'

/**
 * Makes the folder unless it exists, accessible to its owner only.
 * @throws SettingsError when the folder cannot be made or written to
 */
export function openDataFolder(path: string): void {
  try {
    makeFolder(path)
    if (!statSync(path).isDirectory()) throw new SettingsError(`--data: ${path} is not a folder. Choose another path.`)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof SettingsError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new SettingsError(`--data: ${path} cannot be made or written to (${code}). Choose another folder or change its owner.`)
  }
}

/** Makes the folder without `recursive`. With `recursive`, Node 26 never returns for a parent that takes no new folders, such as /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
