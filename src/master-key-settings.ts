type MasterKeySettings = {
  readonly mode: string
  readonly masterKey: Buffer | undefined
  readonly masterKeyFile: string | undefined
  readonly previousMasterKey: Buffer | undefined
  readonly previousMasterKeyFile: string | undefined
}

/** What is wrong with the settings of the master keys, each in one line without any secret. */
export function masterKeySettingsErrors(settings: MasterKeySettings): string[] {
  const { mode, masterKey, masterKeyFile, previousMasterKey, previousMasterKeyFile } = settings
  const errors: string[] = []
  if (masterKey !== undefined && masterKeyFile !== undefined)
    errors.push('--master-key and --master-key-file are both set. Leave one of them out.')
  if (previousMasterKey !== undefined && previousMasterKeyFile !== undefined)
    errors.push('--previous-master-key and --previous-master-key-file are both set. Leave one of them out.')
  if ((mode === 'serve' || mode === 'keys') && masterKey === undefined && masterKeyFile === undefined)
    errors.push('--master-key-file (or LIFEGUARD_MASTER_KEY) is required by this command. Create a key with: openssl rand -base64 32')
  return errors
}
