type MasterKeySettings = {
  readonly mode: string
  readonly masterKey: Buffer | undefined
  readonly masterKeyFile: string | undefined
  readonly previousMasterKey: Buffer | undefined
  readonly previousMasterKeyFile: string | undefined
}

/** What is wrong with the settings of the master keys, in one line; undefined when nothing is. Carries no secret. */
export function masterKeySettingsError(settings: MasterKeySettings): string | undefined {
  const { mode, masterKey, masterKeyFile, previousMasterKey, previousMasterKeyFile } = settings
  if (masterKey !== undefined && masterKeyFile !== undefined) {
    return '--master-key and --master-key-file are both set. Leave one of them out.'
  }
  if (previousMasterKey !== undefined && previousMasterKeyFile !== undefined) {
    return '--previous-master-key and --previous-master-key-file are both set. Leave one of them out.'
  }
  if (mode !== 'dev' && masterKey === undefined && masterKeyFile === undefined) {
    return '--master-key-file (or LIFEGUARD_MASTER_KEY) is required by this command. Create a key with: openssl rand -base64 32'
  }
  return undefined
}
