import {
  CompleteWebAuthnRegistrationCommand,
  ListWebAuthnCredentialsCommand,
  SetUserPoolMfaConfigCommand,
  StartWebAuthnRegistrationCommand,
  type WebAuthnConfigurationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { type AuthenticatorOptions, type CreationOptions, makePasskey, type SoftwarePasskey } from './software-authenticator.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

/** The origin of the pages in tests. */
export const pageOrigin = 'https://app.example.test'

/** Options of a pool whose users may sign in with passkeys. */
export const withPasskeys = {
  pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
  client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
} as const satisfies TestPoolOptions

export function setWebAuthn(server: TestServer, poolId: string, configuration: WebAuthnConfigurationType) {
  return server.send(new SetUserPoolMfaConfigCommand({ UserPoolId: poolId, WebAuthnConfiguration: configuration }))
}

/** A pool whose relying party is example.test, unless `configuration` says otherwise. */
export async function givenPasskeyPool(
  server: TestServer,
  poolOptions: TestPoolOptions = withPasskeys,
  configuration: WebAuthnConfigurationType = {},
) {
  const ids = await server.givenPool(poolOptions)
  await setWebAuthn(server, ids.poolId, { RelyingPartyId: 'example.test', ...configuration })
  return ids
}

export async function startRegistration(server: TestServer, accessToken: string): Promise<CreationOptions> {
  const answer = await server.send(new StartWebAuthnRegistrationCommand({ AccessToken: accessToken }))
  return answer.CredentialCreationOptions as unknown as CreationOptions
}

export function completeRegistration(server: TestServer, accessToken: string, credential: Readonly<Record<string, unknown>>) {
  // Passkeys are listed in the order of registration, so each one gets another time.
  server.clock.advance(1)
  return server.send(new CompleteWebAuthnRegistrationCommand({ AccessToken: accessToken, Credential: credential as never }))
}

/** Makes a passkey and registers it at the server. */
export async function registerPasskey(
  server: TestServer,
  accessToken: string,
  options: AuthenticatorOptions = {},
  origin = pageOrigin,
): Promise<SoftwarePasskey> {
  const passkey = makePasskey(await startRegistration(server, accessToken), origin, options)
  await completeRegistration(server, accessToken, passkey.registration)
  return passkey
}

/** The ids of the user's passkeys. */
export async function passkeysOf(server: TestServer, accessToken: string): Promise<string[]> {
  const { Credentials = [] } = await server.send(new ListWebAuthnCredentialsCommand({ AccessToken: accessToken }))
  return Credentials.map(({ CredentialId }) => CredentialId ?? '')
}
