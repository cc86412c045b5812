import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readKeyFile } from '../../base/key-file.ts'
import type { KeyRing } from '../../base/secrets.ts'
import { loadKeyRing } from '../../open-database.ts'
import { type Settings, SettingsError } from '../../settings.ts'
import { type Finding, ok, tryToFind } from './finding.ts'

/** Reads each key file, and compares the two master keys. */
export async function checkKeys(settings: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  if (settings.masterKey !== undefined) findings.push(ok('--master-key: the master key is set.'))
  for (const { path, ...labels } of keyFilesOf(settings)) {
    const key = await tryToFind(findings, () => readKeyFile(path, labels, { allowReadable: settings.allowReadableKeyFile }))
    if (key !== undefined) findings.push(ok(`${labels.setting}: ${path} holds a ${labels.what}.`))
  }
  if (findings.every(({ level }) => level === 'ok') && hasMasterKey(settings)) await tryToFind(findings, () => loadKeyRing(settings))
  return findings
}

/** The master keys. Undefined when a key cannot be used, which `checkKeys` reports, or when `dev` has not made its master key yet. */
export function findKeyRing(settings: Settings): KeyRing | undefined {
  if (!hasMasterKey(settings)) return undefined
  try {
    return loadKeyRing(settings)
  } catch (thrown) {
    if (thrown instanceof SettingsError) return undefined
    throw thrown
  }
}

type KeyFile = { readonly what: string; readonly setting: string; readonly path: string }

function keyFilesOf(settings: Settings): readonly KeyFile[] {
  const { masterKeyFile, previousMasterKeyFile, codeKeyFile } = settings
  const named = [
    { what: 'master key', setting: '--master-key-file', path: masterKeyFile },
    { what: 'master key', setting: '--previous-master-key-file', path: previousMasterKeyFile },
    { what: 'key for codes', setting: '--code-key-file', path: codeKeyFile },
  ].filter((file): file is KeyFile => file.path !== undefined)
  if (settings.mode !== 'dev') return named
  const inDataFolder = [
    ...(settings.masterKey === undefined && masterKeyFile === undefined ? [fileOfDataFolder(settings, 'master key', masterKeyName)] : []),
    ...(codeKeyFile === undefined ? [fileOfDataFolder(settings, 'key for codes', 'code.key')] : []),
  ]
  // A missing key file in the data folder is no fault: the server makes it when it starts.
  return [...named, ...inDataFolder.filter(({ path }) => existsSync(path))]
}

const masterKeyName = 'master.key'

function fileOfDataFolder({ data }: Settings, what: string, file: string): KeyFile {
  return { what, setting: '--data', path: join(data, file) }
}

function hasMasterKey(settings: Settings): boolean {
  const { masterKey, masterKeyFile, mode, data } = settings
  return masterKey !== undefined || masterKeyFile !== undefined || (mode === 'dev' && existsSync(join(data, masterKeyName)))
}
