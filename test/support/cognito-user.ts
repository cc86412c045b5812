import { AuthenticationDetails, CognitoUser, CognitoUserPool, type CognitoUserSession } from 'amazon-cognito-identity-js'
import type { TestServer } from './test-server.ts'

/** A storage for amazon-cognito-identity-js, in place of the browser's localStorage. */
export type ClientStorage = {
  setItem(key: string, value: string): void
  getItem(key: string): string | null
  removeItem(key: string): void
  clear(): void
}

export function memoryStorage(): ClientStorage {
  const entries = new Map<string, string>()
  return {
    setItem: (key, value) => void entries.set(key, value),
    getItem: (key) => entries.get(key) ?? null,
    removeItem: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  }
}

/** The library as in a new browser: its view of the pool, and an empty storage for its tokens. */
export function openBrowser(server: TestServer, { poolId, clientId }: { poolId: string; clientId: string }) {
  const Storage = memoryStorage()
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: server.url, Storage })
  return { pool, storage: Storage, user: (name: string) => new CognitoUser({ Username: name, Pool: pool, Storage }) }
}

/** The result of a sign-in by amazon-cognito-identity-js. */
export type Outcome =
  | { readonly kind: 'session'; readonly session: CognitoUserSession }
  | { readonly kind: 'new-password'; readonly userAttributes: Record<string, string>; readonly requiredAttributes: readonly string[] }

function outcome(start: (callbacks: Parameters<CognitoUser['authenticateUser']>[1]) => void): Promise<Outcome> {
  return new Promise((resolve, reject) =>
    start({
      onSuccess: (session) => resolve({ kind: 'session', session }),
      onFailure: reject,
      newPasswordRequired: (userAttributes, requiredAttributes) => resolve({ kind: 'new-password', userAttributes, requiredAttributes }),
    }),
  )
}

export function authenticate(user: CognitoUser, password: string): Promise<Outcome> {
  const details = new AuthenticationDetails({ Username: user.getUsername(), Password: password })
  return outcome((callbacks) => user.authenticateUser(details, callbacks))
}

export function completeNewPassword(user: CognitoUser, password: string, attributes: Record<string, string>): Promise<Outcome> {
  return outcome((callbacks) => user.completeNewPasswordChallenge(password, attributes, callbacks))
}

/** The session of a sign-in, which must not ask for anything more. */
export async function signedIn(pending: Promise<Outcome>): Promise<CognitoUserSession> {
  const reached = await pending
  if (reached.kind !== 'session') throw new Error(`The sign-in asked for ${reached.kind}.`)
  return reached.session
}

/** Turns a call of the library whose last argument is a callback into a promise. */
export function promised<T>(start: (callback: (error: unknown, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value as T))))
}

/** Turns a call of the library that takes one callback for each outcome into a promise. */
export function settled<T>(start: (callbacks: { onSuccess(value: T): void; onFailure(error: unknown): void }) => void): Promise<T> {
  return new Promise((resolve, reject) => start({ onSuccess: resolve, onFailure: reject }))
}
