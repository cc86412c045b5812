import { path, type SettingSpec } from './setting-spec.ts'

/** Settings of the backups that a server makes. Part of the table in settings-table.ts. */
export const backupSettings = {
  backupTo: {
    flag: 'backup-to',
    type: {
      kind: 'pattern',
      pattern: /^(?:\/.*|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w!.()/-]*)?)$/,
      expected: 'an absolute path of a folder or an address such as s3://bucket/prefix',
    },
    value: 'PLACE',
    defaultText: 'none',
    help: "Where servers write backups: a folder that exists, or `s3://BUCKET/PREFIX`, with credentials from AWS's default provider chain. Requires --backup-recipient or --backup-passphrase-file.",
  },
  backupRecipient: {
    flag: 'backup-recipient',
    type: {
      kind: 'pattern',
      pattern: /^age1[02-9ac-hj-np-z]{58}(?:,age1[02-9ac-hj-np-z]{58})*$/,
      expected: 'one or more recipients of 62 characters that begin with age1, separated by commas; see: lifeguard backup keygen FILE',
    },
    value: 'RECIPIENTS',
    defaultText: 'none',
    help: 'Seals backups for the owners of these identities, see `backup keygen`. The server itself cannot open them.',
  },
  backupPassphraseFile: {
    flag: 'backup-passphrase-file',
    type: path,
    value: 'FILE',
    help: 'File with the passphrase that seals backups. Only its owner may have access to it. It is read for each backup.',
  },
  backupEveryHours: {
    flag: 'backup-every-hours',
    type: { kind: 'integer', min: 1, max: 8760 },
    value: 'HOURS',
    defaultText: 'only when StartBackup is called',
    help: 'Make a backup when the last one is this old. After a failure the next attempt comes an hour later, or earlier with a shorter time.',
  },
  backupKeep: {
    flag: 'backup-keep',
    type: { kind: 'integer', min: 1, max: 10_000 },
    value: 'COUNT',
    default: 7,
    help: 'How many backups are kept, of those by the schedule and of those by StartBackup. After each new one, when it is verified, older ones of the same cause that this installation made are deleted.',
  },
} satisfies Record<string, SettingSpec>

/** The values of these settings. */
export type BackupSettings = {
  readonly backupTo: string | undefined
  readonly backupRecipient: string | undefined
  readonly backupPassphraseFile: string | undefined
  readonly backupEveryHours: number | undefined
  readonly backupKeep: number
}

/** How these settings contradict each other, each in one line without any secret. */
export function backupSettingsErrors({ backupTo, backupRecipient, backupPassphraseFile, backupEveryHours }: BackupSettings): string[] {
  if (backupTo === undefined) {
    const flags = {
      'backup-recipient': backupRecipient,
      'backup-passphrase-file': backupPassphraseFile,
      'backup-every-hours': backupEveryHours,
    }
    return Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} is of no use without --backup-to.`]))
  }
  if ((backupRecipient === undefined) !== (backupPassphraseFile === undefined)) return []
  return ['--backup-to: a backup is sealed. Set either --backup-recipient or --backup-passphrase-file.']
}
