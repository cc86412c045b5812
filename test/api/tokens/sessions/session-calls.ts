import {
  AdminListUserSessionsCommand,
  AdminRevokeUserSessionCommand,
  CreateUserPoolClientCommand,
  ListUserSessionsCommand,
  RevokeUserSessionCommand,
  type SessionDescriptionType,
  SetUserPoolSessionConfigurationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { rawCall } from '../../../support/raw-call.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../../../support/sign-in.ts'
import type { TestPoolOptions, TestServer } from '../../../support/test-server.ts'

export const noSession = { name: 'ResourceNotFoundException', message: 'Session does not exist.' }

export function track(server: TestServer, poolId: string, tracking: 'ENABLED' | 'DISABLED' = 'ENABLED', maxPerUser = 20) {
  const request = { UserPoolId: poolId, UserSessionTracking: tracking, TokenSession: { MaxPerUser: maxPerUser } }
  return server.send(new SetUserPoolSessionConfigurationCommand(request))
}

/** A pool that tracks sessions, with the users ana and ben. */
export async function givenTrackingPool(
  server: TestServer,
  { maxPerUser = 20, ...options }: TestPoolOptions & { maxPerUser?: number } = {},
) {
  const ids = await server.givenPool(options)
  await track(server, ids.poolId, 'ENABLED', maxPerUser)
  for (const name of ['ana', 'ben']) await givenUser(server, ids.poolId, name)
  return ids
}

/** The tokens of a new sign-in, and its session as ListUserSessions returns it. */
export async function signIn(server: TestServer, clientId: string, name = 'ana') {
  const tokens = await givenTokens(server, clientId, name)
  const session = (await listOwn(server, tokens.accessToken)).find(({ IsCurrentSession }) => IsCurrentSession)
  if (session?.SessionId === undefined) throw new Error('No session is listed for the sign-in')
  return { ...tokens, id: session.SessionId, session }
}

/** The tokens of a sign-in with these HTTP headers. */
export async function signInFrom(server: TestServer, clientId: string, headers: Record<string, string>) {
  const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
  const answer = await rawCall(server, 'InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }, headers)
  const tokens = answer.body['AuthenticationResult'] as Record<string, string> | undefined
  if (tokens === undefined) throw new Error(answer.text)
  return { accessToken: tokens['AccessToken'] ?? '', refreshToken: tokens['RefreshToken'] ?? '' }
}

export async function listOwn(server: TestServer, accessToken: string): Promise<SessionDescriptionType[]> {
  return (await server.send(new ListUserSessionsCommand({ AccessToken: accessToken }))).Sessions ?? []
}

export async function listAsAdmin(server: TestServer, poolId: string, username = 'ana'): Promise<SessionDescriptionType[]> {
  return (await server.send(new AdminListUserSessionsCommand({ UserPoolId: poolId, Username: username }))).Sessions ?? []
}

export const idsOf = (sessions: readonly SessionDescriptionType[]) => sessions.map(({ SessionId }) => SessionId)

export function revokeOwn(server: TestServer, accessToken: string, sessionId: string, linked?: 'LINKED' | 'NONE') {
  return server.send(
    new RevokeUserSessionCommand({ AccessToken: accessToken, SessionId: sessionId, ...(linked && { RevokeAssociatedSessions: linked }) }),
  )
}

export function revokeAsAdmin(
  server: TestServer,
  poolId: string,
  sessionId: string,
  { username = 'ana', linked }: { readonly username?: string; readonly linked?: 'LINKED' | 'NONE' } = {},
) {
  const request = { UserPoolId: poolId, Username: username, SessionId: sessionId }
  return server.send(new AdminRevokeUserSessionCommand({ ...request, ...(linked && { RevokeAssociatedSessions: linked }) }))
}

export async function givenOtherClient(server: TestServer, poolId: string): Promise<string> {
  const flows = ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const]
  const request = { UserPoolId: poolId, ClientName: 'other', ExplicitAuthFlows: flows }
  return (await server.send(new CreateUserPoolClientCommand(request))).UserPoolClient?.ClientId ?? ''
}

/** The id of the session, as the access token carries it. */
export const eventIdOf = (accessToken: string): unknown => claimsOf(accessToken)['event_id']
