import { readFileSync } from 'node:fs'
import { type Settings, SettingsError } from '../../settings.ts'
import type { TlsOptions } from '../listener.ts'

/**
 * The TLS of the settings: by the files that they name, or by the authority of the data folder. Undefined where nothing is set.
 * @throws SettingsError when a file cannot be read or written
 */
export async function openTls({ tlsCert, tlsKey, https, data }: Settings): Promise<TlsOptions | undefined> {
  if (https) return (await import('./local-tls.ts')).openLocalTls(data)
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  return { cert: readFile('--tls-cert', tlsCert), key: readFile('--tls-key', tlsKey) }
}

function readFile(setting: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new SettingsError(`${setting}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}
