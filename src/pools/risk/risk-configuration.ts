import { isIPv4, isIPv6 } from 'node:net'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import { usesThreatProtection } from '../tier-rules.ts'

/** What happens to a sign-in with a given level of risk, in mode ENFORCED (`src/signin/risk/`). */
export type RiskResponse = {
  readonly notify: boolean
  readonly action: 'BLOCK' | 'MFA_IF_CONFIGURED' | 'MFA_REQUIRED' | 'NO_ACTION'
}

export type NoticeTemplate = { readonly subject: string; readonly html: string | undefined; readonly text: string | undefined }

/** The e-mails to users about risky sign-ins, as configured. */
export type RiskNotices = {
  readonly from: string | undefined
  readonly replyTo: string | undefined
  readonly sourceArn: string
  readonly blocked: NoticeTemplate | undefined
  readonly notActedOn: NoticeTemplate | undefined
  readonly askedForMfa: NoticeTemplate | undefined
}

/** The sections of a risk configuration that were set. A section that was not set has no effect: no action is taken by default. */
export type RiskSettings = {
  readonly compromised:
    | { readonly events: readonly ('SIGN_IN' | 'PASSWORD_CHANGE' | 'SIGN_UP')[]; readonly action: 'BLOCK' | 'NO_ACTION' }
    | undefined
  readonly takeover:
    | {
        readonly low: RiskResponse | undefined
        readonly medium: RiskResponse | undefined
        readonly high: RiskResponse | undefined
        readonly notices: RiskNotices | undefined
      }
    | undefined
  /** IP addresses to block always, or never to assess for risk: ranges in CIDR notation. */
  readonly exceptions: { readonly blocked: readonly string[] | undefined; readonly skipped: readonly string[] | undefined } | undefined
}

/** The configuration of a pool (its id is `allClients`) or of an app client (the client's id), which replaces that of the pool. */
export type RiskConfiguration = PoolResource<RiskSettings>

export const riskConfigurations = resourceKind<RiskSettings>('risk-configuration')

export function hasSections({ compromised, takeover, exceptions }: RiskSettings): boolean {
  return compromised !== undefined || takeover !== undefined || exceptions !== undefined
}

/** @throws ApiError UserPoolAddOnNotEnabledException when the pool does not use threat protection */
export function requireThreatProtection(pool: Pool): void {
  if (usesThreatProtection(pool.addOns)) return
  throw new ApiError('UserPoolAddOnNotEnabledException', 'Threat protection is not enabled for this user pool.')
}

/** @throws ApiError InvalidParameterException when a text is not a range of IP addresses */
export function requireValidRisk({ exceptions }: RiskSettings): void {
  const ranges = [...(exceptions?.blocked ?? []), ...(exceptions?.skipped ?? [])]
  const invalid = ranges.find((range) => !isAddressRange(range))
  if (invalid !== undefined) throw invalidParameter(`${invalid.slice(0, 100)} is not an IP address range in CIDR notation.`)
}

function isAddressRange(range: string): boolean {
  const [address = '', prefix = '', ...rest] = range.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false
  return (isIPv4(address) && Number(prefix) <= 32) || (isIPv6(address) && Number(prefix) <= 128)
}
