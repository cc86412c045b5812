import { invalidParameter } from '../contract/api-error.ts'
import type { AcrLevelConfigType, DcrConfigurationType } from '../contract/generated/types.ts'
import type { DynamicClientRegistration, Pool } from './pool.ts'

/** The names of the four assurance levels in pools that do not choose their own. */
export const defaultAcrValues: Readonly<Record<string, string>> = {
  Level1: 'urn:cognito:loa:1',
  Level2: 'urn:cognito:loa:2',
  Level3: 'urn:cognito:loa:3',
  Level4: 'urn:cognito:loa:4',
}

/** Printable ASCII without space, quotation mark and backslash: a scope-token (RFC 6749 §3.3). */
const acrValuePattern = /^[\x21\x23-\x5B\x5D-\x7E]{1,64}$/

/** The names of all four assurance levels. A level that `sent` lacks has its default name. Undefined without an AcrConfiguration. */
export function readAcrValues(sent: Readonly<Record<string, AcrLevelConfigType>> | undefined): Pool['acrValues'] {
  if (sent === undefined) return undefined
  const values = { ...defaultAcrValues }
  for (const [level, { AcrValue: value }] of Object.entries(sent)) {
    if (!Object.hasOwn(defaultAcrValues, level))
      throw invalidParameter('AcrConfiguration has the levels Level1, Level2, Level3 and Level4.')
    if (!acrValuePattern.test(value)) {
      throw invalidParameter('An AcrValue has 1 to 64 printable ASCII characters without space, quotation mark and backslash.')
    }
    values[level] = value
  }
  if (new Set(Object.values(values)).size < Object.keys(values).length) throw invalidParameter('The AcrValue of each level must be unique.')
  return values
}

export function writeAcrValues(values: Pool['acrValues']): Record<string, AcrLevelConfigType> | undefined {
  return values && Object.fromEntries(Object.entries(values).map(([level, value]) => [level, { AcrValue: value }]))
}

export function readDynamicClientRegistration(sent: DcrConfigurationType | undefined): DynamicClientRegistration | undefined {
  return (
    sent && {
      enabled: (sent.EnableStatus ?? 'Enabled') === 'Enabled',
      open: sent.OpenDcrEnabled ?? false,
      authenticatedGrantTypes: sent.AuthenticatedGrantTypes,
      openGrantTypes: sent.OpenDcrGrantTypes,
      allowedScopes: sent.AllowedScopes,
    }
  )
}

export function writeDynamicClientRegistration(registration: DynamicClientRegistration | undefined): DcrConfigurationType | undefined {
  return (
    registration && {
      EnableStatus: registration.enabled ? 'Enabled' : 'Disabled',
      OpenDcrEnabled: registration.open,
      AuthenticatedGrantTypes: registration.authenticatedGrantTypes ?? ['code', 'client_credentials'],
      OpenDcrGrantTypes: registration.openGrantTypes ?? ['code'],
      AllowedScopes: registration.allowedScopes,
    }
  )
}
