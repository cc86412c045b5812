import type { SettingSpec } from '../setting-spec.ts'
import { readSettings } from '../settings.ts'
import type { Vault } from '../vault.ts'
import type { Call } from './command.ts'

/** Opens the database and its keys for one piece of work. The modules are loaded late, so that a bad flag is told at once. */
export async function withVault(call: Call, ownFlags: readonly SettingSpec[], work: (vault: Vault) => Promise<void>): Promise<void> {
  const settings = readSettings({ ...call, command: 'keys', ownFlags })
  const [{ openVault }, { createLogger }] = await Promise.all([import('../vault.ts'), import('../base/logger.ts')])
  const vault = await openVault(settings, createLogger({ level: 'silent', form: 'json' }))
  try {
    await work(vault)
  } finally {
    await vault.storage.close()
  }
}
