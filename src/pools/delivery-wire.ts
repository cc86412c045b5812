import { invalidParameter } from '../contract/api-error.ts'
import type { EmailConfigurationType, EumsSmsConfigurationType, SmsConfigurationType } from '../contract/generated/types.ts'
import { addressOfMailbox } from './email-sender.ts'
import type { EmailSettings, SmsSettings } from './pool.ts'

export function readEmailSettings(configuration: EmailConfigurationType = {}): EmailSettings {
  const settings: EmailSettings = {
    sendingAccount: configuration.EmailSendingAccount ?? 'COGNITO_DEFAULT',
    sourceArn: configuration.SourceArn,
    from: configuration.From || undefined,
    replyTo: configuration.ReplyToEmailAddress,
    configurationSet: configuration.ConfigurationSet,
  }
  const sender = settings.from === undefined ? undefined : addressOfMailbox(settings.from)
  if (settings.from !== undefined && sender === undefined) throw invalidParameter('From must be an e-mail address, with or without a name.')
  if (settings.sendingAccount === 'DEVELOPER') requireSenderOfIdentity(settings.sourceArn, sender)
  return settings
}

export function writeEmailSettings(settings: EmailSettings): EmailConfigurationType {
  return {
    EmailSendingAccount: settings.sendingAccount,
    SourceArn: settings.sourceArn,
    From: settings.from,
    ReplyToEmailAddress: settings.replyTo,
    ConfigurationSet: settings.configurationSet,
  }
}

/**
 * Undefined when the request has no SMS settings. An SmsConfiguration with only an empty SnsCallerArn has no settings: some programs always
 * send that member.
 */
export function readSmsSettings(configuration: SmsConfigurationType | undefined, region: string): SmsSettings | undefined {
  if (configuration === undefined) return undefined
  const { SnsCallerArn: callerArn = '', ExternalId: externalId, SnsRegion: snsRegion, EumsSms: eums } = configuration
  if (callerArn !== '' && eums !== undefined) throw invalidParameter('SmsConfiguration can have SnsCallerArn or EumsSms, not both.')
  if (eums?.Region !== undefined && eums.Region !== region) throw invalidParameter(`The Region of EumsSms must be ${region}.`)
  if (callerArn === '' && eums === undefined) {
    if ((externalId ?? snsRegion) === undefined) return undefined
    throw invalidParameter('SmsConfiguration needs SnsCallerArn or EumsSms.')
  }
  return {
    snsCallerArn: callerArn === '' ? undefined : callerArn,
    externalId,
    snsRegion: snsRegion ?? (eums === undefined ? region : undefined),
    eums: eums && { ...eums },
  }
}

export function writeSmsSettings(settings: SmsSettings | undefined): SmsConfigurationType | undefined {
  return (
    settings && {
      SnsCallerArn: settings.snsCallerArn,
      ExternalId: settings.externalId,
      SnsRegion: settings.snsRegion,
      EumsSms: settings.eums as EumsSmsConfigurationType | undefined,
    }
  )
}

/** The SES identity that the source ARN names is an address or a domain. The sender must be that address, or be in that domain. */
function requireSenderOfIdentity(sourceArn: string | undefined, sender: string | undefined): void {
  if (sourceArn === undefined) throw invalidParameter('SourceArn is required when EmailSendingAccount is DEVELOPER.')
  const identity = /^arn:[^:]+:ses:[^:]*:[^:]*:identity\/(.+)$/.exec(sourceArn)?.[1]?.toLowerCase()
  if (identity === undefined) throw invalidParameter('SourceArn must be the ARN of an Amazon SES identity.')
  if (sender === undefined) return
  const address = sender.toLowerCase()
  const belongs = identity.includes('@') ? address === identity : address.endsWith(`@${identity}`) || address.endsWith(`.${identity}`)
  if (!belongs) throw invalidParameter('From must be an address of the identity in SourceArn.')
}
