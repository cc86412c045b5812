import { invalidParameter } from '../../contract/api-error.ts'
import type {
  SetUserPoolMfaConfigRequest,
  SetUserPoolMfaConfigResponse,
  WebAuthnConfigurationType,
} from '../../contract/generated/types.ts'
import { readSmsSettings, writeSmsSettings } from '../delivery-wire.ts'
import { type Pool, regionOf, type WebAuthnSettings } from '../pool.ts'
import { mfaMethodsOf } from './mfa-methods.ts'
import { isRelyingPartyId } from './relying-party-id.ts'

/**
 * `pool` after SetUserPoolMfaConfig. Each call replaces the whole configuration (observed): a factor whose block is missing is off, and
 * without MfaConfiguration MFA is off. Passkeys do not count as a second factor here: WebAuthnConfiguration is allowed even without MFA.
 * @throws ApiError InvalidParameterException when the settings contradict each other
 */
export function readMfaConfig(pool: Pool, request: SetUserPoolMfaConfigRequest, now: number): Pool {
  const mfa = request.MfaConfiguration ?? 'OFF'
  const { SmsMfaConfiguration: sms, SoftwareTokenMfaConfiguration: softwareToken, EmailMfaConfiguration: email } = request
  const isAnyFactorNamed = (sms ?? softwareToken ?? email) !== undefined
  if (mfa === 'OFF' && isAnyFactorNamed) {
    throw invalidParameter("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
  }
  if (mfa !== 'OFF' && !isAnyFactorNamed) {
    throw invalidParameter('Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.')
  }
  const changed: Pool = {
    ...pool,
    mfa,
    mfaFactors: { sms: sms !== undefined, softwareToken: softwareToken && (softwareToken.Enabled ?? false), email: email !== undefined },
    sms: readSmsSettings(sms?.SmsConfiguration, regionOf(pool.id)) ?? pool.sms,
    webAuthn: readWebAuthn(request.WebAuthnConfiguration),
    templates: {
      ...pool.templates,
      mfaSms: sms === undefined ? pool.templates.mfaSms : sms.SmsAuthenticationMessage,
      mfaEmail: email?.Message,
      mfaSubject: email?.Subject,
    },
    updatedAt: now,
  }
  // Cognito's error text names SoftwareTokenMfaConfiguration by mistake: the text is about SmsMfaConfiguration.
  if (sms !== undefined && changed.sms === undefined) {
    throw invalidParameter('[SmsConfiguration] is a required member of [SoftwareTokenMfaConfiguration].')
  }
  // Cognito allows a pool to require MFA and to switch its only factor off. Here that is an error, because users could not sign in to such
  // a pool.
  if (mfa !== 'OFF' && mfaMethodsOf(changed).length === 0) {
    throw invalidParameter("Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.")
  }
  return changed
}

/** The MFA settings as responses show them. Factors that were never set up are omitted (observed). */
export function writeMfaConfig(pool: Pool): SetUserPoolMfaConfigResponse {
  const { mfaFactors, templates, webAuthn } = pool
  return {
    SmsMfaConfiguration: mfaFactors.sms
      ? { SmsAuthenticationMessage: templates.mfaSms, SmsConfiguration: writeSmsSettings(pool.sms) }
      : undefined,
    SoftwareTokenMfaConfiguration: mfaFactors.softwareToken === undefined ? undefined : { Enabled: mfaFactors.softwareToken },
    EmailMfaConfiguration: mfaFactors.email ? { Message: templates.mfaEmail, Subject: templates.mfaSubject } : undefined,
    MfaConfiguration: pool.mfa,
    WebAuthnConfiguration: webAuthn && {
      RelyingPartyId: webAuthn.relyingPartyId,
      UserVerification: webAuthn.userVerification,
      FactorConfiguration: webAuthn.factorConfiguration,
    },
  }
}

function readWebAuthn(configuration: WebAuthnConfigurationType | undefined): WebAuthnSettings | undefined {
  if (configuration === undefined) return undefined
  const { RelyingPartyId: relyingPartyId, UserVerification: userVerification, FactorConfiguration: factorConfiguration } = configuration
  if (relyingPartyId !== undefined && !isRelyingPartyId(relyingPartyId)) {
    throw invalidParameter('RelyingPartyId must be a domain name that browsers let pages use for passkeys.')
  }
  return {
    relyingPartyId,
    userVerification: userVerification ?? 'preferred',
    factorConfiguration: factorConfiguration ?? 'SINGLE_FACTOR',
  }
}
