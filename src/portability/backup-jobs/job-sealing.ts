import { readProtectedFile } from '../../base/key-file.ts'
import { SettingsError } from '../../settings.ts'
import { requireRecipients, type Sealing } from '../container/sealing.ts'
import { PortabilityError } from '../portability-error.ts'

type SealingSettings = {
  readonly backupRecipient: string | undefined
  readonly backupPassphraseFile: string | undefined
  readonly allowReadableKeyFile: boolean
}

const flag = '--backup-passphrase-file'

/** A shorter passphrase can be found by trying. */
const minimumLength = 10
const maximumLength = 4096

/**
 * How the settings seal backups. Undefined when they do not.
 * @throws SettingsError when a recipient is not valid, or the file has no passphrase that can be used
 */
export function readJobSealing({ backupRecipient, backupPassphraseFile, allowReadableKeyFile }: SealingSettings): Sealing | undefined {
  if (backupRecipient !== undefined) return { recipients: validRecipients(backupRecipient.split(',')) }
  if (backupPassphraseFile === undefined) return undefined
  const text = readProtectedFile(backupPassphraseFile, flag, { allowReadable: allowReadableKeyFile }).replace(/\r?\n$/, '')
  if (text.length >= minimumLength && text.length <= maximumLength && !text.includes('\n')) return { passphrase: text }
  throw new SettingsError(
    `${flag}: ${backupPassphraseFile} must have one line with a passphrase of at least ${minimumLength} characters. Make one with: openssl rand -base64 24`,
  )
}

function validRecipients(recipients: readonly string[]): readonly string[] {
  try {
    requireRecipients(recipients)
    return recipients
  } catch (error) {
    throw error instanceof PortabilityError ? new SettingsError(`--backup-recipient: ${error.message}`) : error
  }
}
