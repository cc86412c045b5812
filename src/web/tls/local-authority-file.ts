import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openDataFolder } from '../../base/data-folder.ts'
import { readProtectedFile } from '../../base/key-file.ts'
import { SettingsError } from '../../settings.ts'
import { createLocalAuthority, isNearItsEnd, type LocalAuthority, provesItsKey } from './local-authority.ts'

/** The file with the certificate of the authority, which programs have to trust. */
export const localAuthorityFile = (dataFolder: string): string => resolve(dataFolder, 'https-ca.pem')

/** The file with the key of the authority and its certificate once more, so that the two always belong together. */
const keyFile = (dataFolder: string): string => join(dataFolder, 'https-ca.key')

/**
 * Reads the certificate authority in the data folder. If the folder has no authority, or the authority expires soon, it makes a new one.
 * @throws SettingsError when the files cannot be read or written
 */
export async function openLocalAuthority(dataFolder: string, now: number): Promise<LocalAuthority> {
  openDataFolder(dataFolder)
  const file = keyFile(dataFolder)
  try {
    if (existsSync(file) && isNearItsEnd(await readAuthority(file), now)) rmSync(file)
    if (!existsSync(file)) createFile(file, await createLocalAuthority(now))
    // Another process may have been first.
    const authority = await readAuthority(file)
    replaceFile(localAuthorityFile(dataFolder), authority.certificate)
    return authority
  } catch (error) {
    if (error instanceof SettingsError) throw error
    throw new SettingsError(`--https: ${file} cannot be read or written (${(error as NodeJS.ErrnoException).code}).`)
  }
}

/** @throws SettingsError when the file is not what `createFile` writes, or when users other than its owner may read or change it */
async function readAuthority(file: string): Promise<LocalAuthority> {
  const [privateKey = '', certificate = ''] = readProtectedFile(file, '--https').split(/(?=-----BEGIN CERTIFICATE-----)/)
  const authority = { privateKey, certificate }
  if (provesItsKey(authority)) return authority
  throw new SettingsError(`--https: ${file} is not a private key and its certificate. Delete the file; the next start makes a new one.`)
}

/** Writes the whole file at once, unless another process was first. */
function createFile(file: string, { privateKey, certificate }: LocalAuthority): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${privateKey}${certificate}`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}

/** Replaces the whole file at once. */
function replaceFile(file: string, content: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, content)
  renameSync(draft, file)
}
