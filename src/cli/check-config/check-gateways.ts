import { findUrlProblem } from '../../gateway-settings.ts'
import { findSmtpProblem } from '../../messaging/gateways/smtp-gateway.ts'
import type { Settings } from '../../settings.ts'
import { connectMs, findConnectProblem } from './connect.ts'
import { error, type Finding, ok, warning } from './finding.ts'

/** Connects to the gateways that the settings name, and sends nothing to them. */
export async function checkGateways(settings: Settings): Promise<readonly Finding[]> {
  return (await Promise.all([guarded('e-mail', emailFindings(settings)), guarded('SMS', smsFindings(settings))])).flat()
}

/** Turns an unexpected failure of the check of one gateway into a finding, so that the result for the other gateway is still reported. */
async function guarded(medium: string, findings: Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await findings
  } catch (thrown) {
    return [error(`The check of the gateway for ${medium} failed (${(thrown as Error).name}).`)]
  }
}

async function emailFindings({ mode, smtpUrl, sesRegion }: Settings): Promise<readonly Finding[]> {
  if (smtpUrl !== undefined) {
    // The check of the settings has reported this problem already.
    if (findUrlProblem(smtpUrl) !== undefined) return []
    const { host } = new URL(smtpUrl)
    const problem = await findSmtpProblem(smtpUrl, connectMs)
    if (problem !== undefined) return [error(`--smtp-url: the mail server ${host} cannot be used: ${problem}.`)]
    return [ok(`--smtp-url: the mail server ${host} accepts connections.`)]
  }
  if (sesRegion !== undefined) return [ok(`--ses-region: e-mail goes by Amazon SES in ${sesRegion}. Its credentials were not tried.`)]
  return mode === 'dev'
    ? []
    : [warning('No gateway for e-mail is set, so e-mail would wait in the outbox. Set --smtp-url or --ses-region.')]
}

async function smsFindings({ mode, smsGatewayUrl, twilioUrl, snsRegion }: Settings): Promise<readonly Finding[]> {
  if (smsGatewayUrl !== undefined) return [await urlFinding('--sms-gateway-url', smsGatewayUrl)]
  if (twilioUrl !== undefined) return [await urlFinding('--twilio-url', twilioUrl)]
  if (snsRegion !== undefined) return [ok(`--sns-region: SMS go by Amazon SNS in ${snsRegion}. Its credentials were not tried.`)]
  if (mode === 'dev') return []
  return [warning('No gateway for SMS is set, so SMS would wait in the outbox. Set --sms-gateway-url, --twilio-url or --sns-region.')]
}

async function urlFinding(setting: string, url: string): Promise<Finding> {
  const { host } = new URL(url)
  const problem = await findConnectProblem(url)
  if (problem !== undefined) return error(`${setting}: the gateway ${host} cannot be used: ${problem}.`)
  return ok(`${setting}: the gateway ${host} accepts connections. Its credentials were not tried.`)
}
