import { isIPv4, isIPv6 } from 'node:net'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import { usesThreatProtection } from '../tier-rules.ts'

/** What happens to a sign-in of some risk. */
export type RiskResponse = {
  readonly notify: boolean
  readonly action: 'BLOCK' | 'MFA_IF_CONFIGURED' | 'MFA_REQUIRED' | 'NO_ACTION'
}

export type NoticeTemplate = { readonly subject: string; readonly html: string | undefined; readonly text: string | undefined }

/** How users are told about a sign-in that was looked at twice. */
export type RiskNotices = {
  readonly from: string | undefined
  readonly replyTo: string | undefined
  readonly sourceArn: string
  readonly blocked: NoticeTemplate | undefined
  readonly notActedOn: NoticeTemplate | undefined
  readonly askedForMfa: NoticeTemplate | undefined
}

/** Sections are there if they were set; one that was not changes nothing. */
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
  /** Ranges of addresses in CIDR notation. */
  readonly exceptions: { readonly blocked: readonly string[] | undefined; readonly skipped: readonly string[] | undefined } | undefined
}

/** A pool's, under `allClients`, or an app client's, under its id: a client with one of its own has nothing of the pool's. */
export type RiskConfiguration = PoolResource<RiskSettings>

export const riskConfigurations = resourceKind<RiskSettings>('risk-configuration')

export function hasSections({ compromised, takeover, exceptions }: RiskSettings): boolean {
  return compromised !== undefined || takeover !== undefined || exceptions !== undefined
}

/** Throws UserPoolAddOnNotEnabledException: without threat protection there is no risk to configure and no event to look at. */
export function requireThreatProtection(pool: Pool): void {
  if (usesThreatProtection(pool.addOns)) return
  throw new ApiError('UserPoolAddOnNotEnabledException', 'Threat protection is not enabled for this user pool.')
}

/** Throws InvalidParameterException for what is no range of addresses. */
export function requireValidRisk({ exceptions }: RiskSettings): void {
  const ranges = [...(exceptions?.blocked ?? []), ...(exceptions?.skipped ?? [])]
  const wrong = ranges.find((range) => !isAddressRange(range))
  if (wrong !== undefined) throw invalidParameter(`${wrong.slice(0, 100)} is not an IP address range in CIDR notation.`)
}

function isAddressRange(range: string): boolean {
  const [address = '', prefix = '', ...rest] = range.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false
  return (isIPv4(address) && Number(prefix) <= 32) || (isIPv6(address) && Number(prefix) <= 128)
}
