import type { ChallengeNameType } from '@aws-sdk/client-cognito-identity-provider'
import { noteSecrets } from './evidence.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { type App, challengeAfterPassword, type FactorName, givenMfaPool, prefer, registerApp, respond } from './mfa.ts'
import type { PoolAndClient } from './self-service.ts'
import { givenTokens, givenUser } from './sign-in.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const setRecoveryCodes = (server: TestServer, UserPoolId: string, Enabled: boolean): Promise<void> =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId, RecoveryCodes: { Enabled } })

/** A pool with optional MFA and recovery codes. */
export async function givenRecoveryPool(server: TestServer, factors: readonly FactorName[] = ['totp'], options?: TestPoolOptions) {
  const ids = await givenMfaPool(server, 'OPTIONAL', factors, options)
  await setRecoveryCodes(server, ids.poolId, true)
  return ids
}

export async function createCodes(server: TestServer, AccessToken: string): Promise<string[]> {
  const { Codes } = (await callLifeguard(server, 'CreateRecoveryCodes', { AccessToken })) as { Codes: string[] }
  for (const code of Codes) noteSecrets({ code })
  return Codes
}

/** How many codes an administrator sees, and when they were made. */
export const statusOf = (server: TestServer, UserPoolId: string, Username = 'ana'): Promise<{ Remaining: number; CreatedAt?: number }> =>
  callLifeguard(server, 'AdminGetRecoveryCodeStatus', { UserPoolId, Username })

export type HolderOfCodes = PoolAndClient & { readonly app: App; readonly accessToken: string; readonly codes: readonly string[] }

/** A user with an activated authenticator app, and with codes. */
export async function givenCodes(server: TestServer, ids: PoolAndClient, username = 'ana'): Promise<HolderOfCodes> {
  await givenUser(server, ids.poolId, username)
  const { accessToken } = await givenTokens(server, ids.clientId, username)
  const app = await registerApp(server, accessToken)
  await prefer(server, ids.poolId, username, { SoftwareTokenMfaSettings: { Enabled: true } })
  return { ...ids, app, accessToken, codes: await createCodes(server, accessToken) }
}

/** Answers a challenge with a recovery code. */
export const recover = (
  server: TestServer,
  clientId: string,
  { name, session, code, username = 'ana' }: { name: ChallengeNameType; session: string | undefined; code: string; username?: string },
) => respond(server, clientId, name, session, { USERNAME: username, RECOVERY_CODE: code })

/** Signs in with the password and a recovery code. */
export async function signInByCode(server: TestServer, clientId: string, code: string, username = 'ana') {
  const { name = 'SOFTWARE_TOKEN_MFA', session } = await challengeAfterPassword(server, clientId, username)
  return recover(server, clientId, { name, session, code, username })
}

export const wrongCode = { name: 'CodeMismatchException', message: 'Invalid code or auth state for the user.' }

/** A code that nobody has. */
export const nobodysCode = '00000-00000'
