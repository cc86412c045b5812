import { isLoopbackHost } from './loopback.ts'

/** The settings that say how messages leave the house. */
type GatewaySettings = {
  readonly smtpUrl: string | undefined
  readonly emailFrom: string | undefined
  readonly sesRegion: string | undefined
  readonly sesEndpoint: string | undefined
  readonly smsGatewayUrl: string | undefined
  readonly snsRegion: string | undefined
  readonly snsEndpoint: string | undefined
  readonly twilioUrl: string | undefined
  readonly twilioFrom: string | undefined
}

/** What is wrong with these settings together, in one line; undefined when nothing is. Carries no secret. */
export function gatewayConfusion(settings: GatewaySettings): string | undefined {
  const { smtpUrl, emailFrom, sesRegion, sesEndpoint, smsGatewayUrl, snsRegion, snsEndpoint, twilioUrl, twilioFrom } = settings
  const mailers = namesOfSet({ '--smtp-url': smtpUrl, '--ses-region': sesRegion })
  const texters = namesOfSet({ '--sms-gateway-url': smsGatewayUrl, '--sns-region': snsRegion, '--twilio-url': twilioUrl })
  if (mailers.length > 1) return `${mailers.join(' and ')} are both set, but e-mail leaves by one way. Leave one of them out.`
  if (texters.length > 1) return `${texters.join(' and ')} are set together, but text messages leave by one way. Leave all but one out.`
  if (mailers.length === 1 && emailFrom === undefined) {
    return `--email-from is required with ${mailers[0]}: mail has to come from some address.`
  }
  if (sesEndpoint !== undefined && sesRegion === undefined) return '--ses-endpoint is of no use without --ses-region.'
  if (snsEndpoint !== undefined && snsRegion === undefined) return '--sns-endpoint is of no use without --sns-region.'
  if ((twilioUrl === undefined) !== (twilioFrom === undefined)) return '--twilio-url and --twilio-from go together: set both or neither.'
  if (twilioUrl !== undefined && !hasCredentials(twilioUrl)) {
    return '--twilio-url must hold the credentials: https://SID:TOKEN@HOST/PATH'
  }
  const open = Object.entries({ '--ses-endpoint': sesEndpoint, '--sns-endpoint': snsEndpoint, '--twilio-url': twilioUrl }).find(
    ([, url]) => url !== undefined && isReadableOnTheWay(url),
  )
  return open && `${open[0]}: only a loopback address may be http:, since codes and credentials go there. Use https:.`
}

function namesOfSet(settings: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(settings).filter((name) => settings[name] !== undefined)
}

function hasCredentials(text: string): boolean {
  const { username, password } = new URL(text)
  return username !== '' && password !== ''
}

function isReadableOnTheWay(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && !isLoopbackHost(hostname)
}
