import {
  CompleteWebAuthnRegistrationCommand,
  ListWebAuthnCredentialsCommand,
  SetUserPoolMfaConfigCommand,
  StartWebAuthnRegistrationCommand,
  type WebAuthnConfigurationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { type AuthenticatorWish, type CreationOptions, makePasskey, type SoftwarePasskey } from './software-authenticator.ts'
import type { PoolWish, TestServer } from './test-server.ts'

/** Where the tests' pages are said to be. */
export const pageOrigin = 'https://app.example.test'

/** A pool whose users may sign in by passkey on pages of example.test, and members to go on with. */
export const withPasskeys = {
  pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
  client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
} as const satisfies PoolWish

export function setWebAuthn(server: TestServer, poolId: string, configuration: WebAuthnConfigurationType) {
  return server.send(new SetUserPoolMfaConfigCommand({ UserPoolId: poolId, WebAuthnConfiguration: configuration }))
}

export async function givenPasskeyPool(server: TestServer, wish: PoolWish = withPasskeys, configuration: WebAuthnConfigurationType = {}) {
  const ids = await server.givenPool(wish)
  await setWebAuthn(server, ids.poolId, { RelyingPartyId: 'example.test', ...configuration })
  return ids
}

export async function startRegistration(server: TestServer, accessToken: string): Promise<CreationOptions> {
  const answer = await server.send(new StartWebAuthnRegistrationCommand({ AccessToken: accessToken }))
  return answer.CredentialCreationOptions as unknown as CreationOptions
}

export function completeRegistration(server: TestServer, accessToken: string, credential: Readonly<Record<string, unknown>>) {
  // Passkeys are listed in the order of their registration.
  server.clock.advance(1)
  return server.send(new CompleteWebAuthnRegistrationCommand({ AccessToken: accessToken, Credential: credential as never }))
}

/** A passkey that the server knows. */
export async function registerPasskey(
  server: TestServer,
  accessToken: string,
  wish: AuthenticatorWish = {},
  origin = pageOrigin,
): Promise<SoftwarePasskey> {
  const passkey = makePasskey(await startRegistration(server, accessToken), origin, wish)
  await completeRegistration(server, accessToken, passkey.registration)
  return passkey
}

/** The ids of the user's passkeys, all pages of them. */
export async function passkeysOf(server: TestServer, accessToken: string): Promise<string[]> {
  const { Credentials = [] } = await server.send(new ListWebAuthnCredentialsCommand({ AccessToken: accessToken }))
  return Credentials.map(({ CredentialId }) => CredentialId ?? '')
}
