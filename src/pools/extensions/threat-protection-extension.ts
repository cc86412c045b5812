import { invalidParameter } from '../../contract/api-error.ts'
import type { ThreatProtectionExtensionType } from '../../contract/generated/types.ts'
import { isHttpUrl } from './http-url.ts'

/** A change of an account that its user is told about. `RECOVERY_CODE`: a sign-in has used a recovery code. */
export type AccountChange = 'PASSWORD' | 'EMAIL' | 'PHONE_NUMBER' | 'MFA' | 'PASSKEY' | 'IDENTITY' | 'RECOVERY_CODE'

/** From which risk on a sign-in has a level, in points (see `src/protection/risk/`). Below `low` a sign-in has no level. */
export type RiskThresholds = { readonly low: number; readonly medium: number; readonly high: number }

/** How the threat protection of a pool works. It has an effect only in pools whose AdvancedSecurityMode is AUDIT or ENFORCED. */
export type ThreatProtectionExtension = {
  readonly thresholds: RiskThresholds
  /** What happens to a password that cannot be looked up among the stolen ones, because the source does not answer. */
  readonly breachSourceFailure: 'ALLOW' | 'REFUSE'
  /** How many notices of each kind a user gets in a day at most: about sign-ins that were blocked, were asked for MFA, or were allowed. */
  readonly riskNoticesPerDay: number
  /** The changes of an account that its user is told about. */
  readonly accountNotices: readonly AccountChange[]
  /** How many days the previous e-mail address can take back a change of the address. */
  readonly undoDays: number
  /** What feedback `Invalid` does beside changing the history. `SIGN_OUT_AND_RESET`: ends all sessions and demands a new password. */
  readonly invalidFeedback: 'RECORD' | 'SIGN_OUT_AND_RESET'
  /** Whether many failures over many users slow their network down. */
  readonly stuffing: 'IGNORE' | 'SLOW_DOWN'
  /** An address that gets the events of users, as SetLogDeliveryConfiguration's destinations do. */
  readonly eventsUrl: string | undefined
}

export const noThreatProtection: ThreatProtectionExtension = {
  thresholds: { low: 0, medium: 8, high: 14 },
  breachSourceFailure: 'ALLOW',
  riskNoticesPerDay: 1,
  accountNotices: [],
  undoDays: 7,
  invalidFeedback: 'RECORD',
  stuffing: 'IGNORE',
  eventsUrl: undefined,
}

/** @throws ApiError InvalidParameterException when a threshold is above the next one, or EventsUrl is no URL of HTTP or HTTPS */
export function readThreatProtection(sent: ThreatProtectionExtensionType): ThreatProtectionExtension {
  const defaults = noThreatProtection
  const { EventsUrl: eventsUrl } = sent
  if (eventsUrl !== undefined && !isHttpUrl(eventsUrl)) {
    throw invalidParameter('ThreatProtection.EventsUrl: give a URL that begins with https:// or http://.')
  }
  return {
    thresholds: readThresholds(sent.Thresholds),
    breachSourceFailure: sent.BreachSourceFailure ?? defaults.breachSourceFailure,
    riskNoticesPerDay: sent.RiskNoticesPerDay ?? defaults.riskNoticesPerDay,
    accountNotices: [...new Set(sent.AccountNotices)],
    undoDays: sent.UndoDays ?? defaults.undoDays,
    invalidFeedback: sent.InvalidFeedback ?? defaults.invalidFeedback,
    stuffing: sent.Stuffing ?? defaults.stuffing,
    eventsUrl,
  }
}

function readThresholds(sent: ThreatProtectionExtensionType['Thresholds']): RiskThresholds {
  const { thresholds: defaults } = noThreatProtection
  const thresholds = { low: sent?.Low ?? defaults.low, medium: sent?.Medium ?? defaults.medium, high: sent?.High ?? defaults.high }
  if (thresholds.low <= thresholds.medium && thresholds.medium <= thresholds.high) return thresholds
  throw invalidParameter('ThreatProtection.Thresholds: Low must not be above Medium, and Medium not above High.')
}

export function writeThreatProtection(extension: ThreatProtectionExtension): ThreatProtectionExtensionType {
  return {
    Thresholds: writeThresholds(extension.thresholds),
    BreachSourceFailure: extension.breachSourceFailure,
    RiskNoticesPerDay: extension.riskNoticesPerDay,
    AccountNotices: [...extension.accountNotices],
    UndoDays: extension.undoDays,
    InvalidFeedback: extension.invalidFeedback,
    Stuffing: extension.stuffing,
    EventsUrl: extension.eventsUrl,
  }
}

export const writeThresholds = ({ low, medium, high }: RiskThresholds) => ({ Low: low, Medium: medium, High: high })
