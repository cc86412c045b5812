import type { Clock } from '../base/clock.ts'
import { createLoadCache } from '../base/load-cache.ts'
import type { Logger } from '../base/logger.ts'
import type { Secrets } from '../base/secrets.ts'
import { createWarningThrottle } from '../base/warning-throttle.ts'
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
  readonly logger: Pick<Logger, 'warn'>
  readonly accountId: string
  readonly findAccessKey: FindAccessKey
  readonly findRole: FindRole
  /** Whether the identity exists. It may answer from a cache of a few seconds. */
  readonly hasIdentity: (id: string) => Promise<boolean>
}

/** The most opened session tokens that a process keeps, so that a request costs no decryption. Any caller with valid tokens can fill them. */
const cachedSessions = 10_000

/** The most memory of these together. An ordinary session takes 2 kB or so; a session with the longest policy takes up to 40 kB. */
const cachedSessionBytes = 24 * 1024 * 1024

/** Never too low: the session is read from the token's text, and each part of a policy becomes several objects. Both were measured. */
const sessionBytes = (token: string, { session }: OpenedSession) => 8 * token.length + 32 * (session.policy?.length ?? 0)

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
  logger,
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
    memory: { maxBytes: cachedSessionBytes, bytesOf: sessionBytes },
  })

  const reportPolicyOf = createPolicyLog(logger, clock)

  return async (keyId, token) => {
    const opened = await cache.get(`${keyId}\n${token}`)
    if (opened === undefined) return undefined
    const { session } = opened
    const role = await findRole(session.roleArn)
    if (role === undefined || role.id !== session.roleId || role.sessionGeneration !== session.roleGeneration) return undefined
    if (session.identity !== undefined && !(await hasIdentity(session.identity.id))) return undefined
    if (opened.latest?.role !== role) opened.latest = { role, credential: sessionCredential(session, role, reportPolicyOf(session)) }
    return opened.latest.credential
  }
}

function sessionCredential(session: RoleSession, role: ReadRole, reportPolicy: (reason: string) => void): Credential {
  const principal = sessionPrincipal(session, role, reportPolicy)
  return { id: session.keyId, secret: session.secret, expiresAt: session.expiresAt, principal }
}

/** Logs session policies that cannot be enforced: one line a minute for each role, because a role may have many sessions. */
function createPolicyLog(logger: Deps['logger'], clock: Clock): (session: RoleSession) => (reason: string) => void {
  const throttle = createWarningThrottle()
  return ({ roleArn, name, keyId }) =>
    (reason) => {
      const times = throttle.countToReport(roleArn, clock.now())
      if (times === undefined) return
      logger.warn(
        { role: roleArn, session: name, accessKeyId: keyId, reason, times },
        'The policy of a session cannot be enforced, so the session may do nothing. Begin a new session with a policy that can.',
      )
    }
}
