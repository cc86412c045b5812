import {
  GetTokensFromRefreshTokenCommand,
  type GetTokensFromRefreshTokenCommandInput,
  GetUserCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { rawCall } from './raw-call.ts'
import type { TestServer } from './test-server.ts'

/** Refreshes by the REFRESH_TOKEN_AUTH flow. */
export function refresh(server: TestServer, clientId: string, refreshToken: string, hash?: string) {
  const AuthParameters = { REFRESH_TOKEN: refreshToken, ...(hash !== undefined && { SECRET_HASH: hash }) }
  return server.send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters }))
}

/** Refreshes by GetTokensFromRefreshToken. */
export async function exchange(server: TestServer, request: GetTokensFromRefreshTokenCommandInput) {
  const { AuthenticationResult: tokens } = await server.send(new GetTokensFromRefreshTokenCommand(request))
  return { accessToken: tokens?.AccessToken ?? '', idToken: tokens?.IdToken ?? '', refreshToken: tokens?.RefreshToken }
}

/** Calls an operation with the access token. Rejects when the server rejects the token. */
export function useAccessToken(server: TestServer, accessToken: string) {
  return server.send(new GetUserCommand({ AccessToken: accessToken }))
}

export async function rotateSigningKeys(server: TestServer, poolId: string, { revokeOld }: { readonly revokeOld?: boolean } = {}) {
  const request = { UserPoolId: poolId, ...(revokeOld !== undefined && { RevokeOld: revokeOld }) }
  const answer = await rawCall(server, 'LifeguardService.RotateSigningKeys', request)
  if (answer.status !== 200) throw new Error(`RotateSigningKeys answered ${answer.status}: ${answer.text}`)
}

export function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>
}

export type Jwks = { readonly keys: readonly Readonly<Record<string, string>>[] }

export async function jwksOf(server: TestServer, poolId: string): Promise<Jwks> {
  const response = await fetch(`${server.url}/${poolId}/.well-known/jwks.json`)
  if (!response.ok) throw new Error(`The JWK set answered ${response.status}`)
  return (await response.json()) as Jwks
}

export const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }
export const refreshRevoked = { name: 'NotAuthorizedException', message: 'Refresh Token has been revoked' }
