import type { Clock } from '../base/clock.ts'
import { createLoadCache } from '../base/load-cache.ts'
import type { Secrets } from '../base/secrets.ts'
import { type AccessKey, isSessionToken } from './access-key.ts'
import type { FindAccessKey } from './access-key-cache.ts'
import type { Credential, FindCredential } from './credential.ts'
import { accessKeyPrincipal } from './request-keys.ts'
import type { ReadRole } from './roles/role.ts'
import type { FindRole } from './roles/role-cache.ts'
import { isRoleSessionToken, openRoleSession, type RoleSession } from './sessions/role-session.ts'
import { sessionPrincipal } from './sessions/session-principal.ts'

type Deps = {
  readonly secrets: Secrets
  readonly clock: Clock
  readonly accountId: string
  readonly findAccessKey: FindAccessKey
  readonly findRole: FindRole
  /** Whether the identity exists. It may answer from a cache of a few seconds. */
  readonly hasIdentity: (id: string) => Promise<boolean>
}

/**
 * The opened session tokens that a process keeps, so that a request costs no decryption. An entry takes some 10 kB at most, and any caller
 * with valid tokens can fill the cache.
 */
const cachedSessions = 2_000
const cacheMilliseconds = 60_000

/** Finds the credential that signed a request: an access key of this server, or a session of a role. */
export function createCredentialFinder(deps: Deps): FindCredential {
  const keys = new WeakMap<AccessKey, Credential>()
  const findSession = createSessionFinder(deps)

  function credentialOf(key: AccessKey): Credential {
    let credential = keys.get(key)
    if (credential === undefined) {
      const { id, secret, expiresAt } = key
      credential = { id, secret, expiresAt, principal: accessKeyPrincipal(deps.accountId, key) }
      keys.set(key, credential)
    }
    return credential
  }

  return async (keyId, token) => {
    if (token !== undefined && isRoleSessionToken(token)) return findSession(keyId, token)
    const key = await deps.findAccessKey(keyId)
    if (key === undefined) return undefined
    const hash = key.sessionTokenHash
    const belongs = hash === undefined ? token === undefined : token !== undefined && isSessionToken(deps.secrets, keyId, token, hash)
    return belongs ? credentialOf(key) : undefined
  }
}

/** An opened session, and its credential under the policies of its role. */
type OpenedSession = { readonly session: RoleSession; latest: { readonly role: ReadRole; readonly credential: Credential } | undefined }

function createSessionFinder({
  secrets,
  clock,
  findRole,
  hasIdentity,
}: Deps): (keyId: string, token: string) => Promise<Credential | undefined> {
  const cache = createLoadCache<OpenedSession>({
    async load(text) {
      const at = text.indexOf('\n')
      const session = openRoleSession(secrets, text.slice(0, at), text.slice(at + 1))
      return session && { session, latest: undefined }
    },
    clock,
    lifetimeMilliseconds: cacheMilliseconds,
    maxEntries: cachedSessions,
  })

  return async (keyId, token) => {
    const opened = await cache.get(`${keyId}\n${token}`)
    if (opened === undefined) return undefined
    const { session } = opened
    const role = await findRole(session.roleArn)
    if (role === undefined || role.id !== session.roleId || role.sessionGeneration !== session.roleGeneration) return undefined
    if (session.identity !== undefined && !(await hasIdentity(session.identity.id))) return undefined
    if (opened.latest?.role !== role) opened.latest = { role, credential: sessionCredential(session, role) }
    return opened.latest.credential
  }
}

function sessionCredential(session: RoleSession, role: ReadRole): Credential {
  return { id: session.keyId, secret: session.secret, expiresAt: session.expiresAt, principal: sessionPrincipal(session, role) }
}
