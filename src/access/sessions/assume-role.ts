import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { newAccessKey } from '../access-key.ts'
import { evaluateTrustPolicy, type Principal } from '../policy.ts'
import type { RequestKeys } from '../policy-text.ts'
import { parseRoleArn, type ReadRole } from '../roles/role.ts'
import type { FindRole } from '../roles/role-cache.ts'
import { maxSessionTokenLength, type RoleSession, sealRoleSession } from './role-session.ts'

export type AssumeRoleDeps = { readonly secrets: Secrets; readonly clock: Clock; readonly findRole: FindRole }

/** A user of a web identity provider, whose token was verified. */
export type WebIdentity = {
  /** The federated principal, as trust policies name it: `cognito-identity.amazonaws.com`, or the ARN of an OpenID Connect provider. */
  readonly principal: string
  /** The name of the provider in condition keys, such as `cognito-identity.amazonaws.com` in `cognito-identity.amazonaws.com:sub`. */
  readonly provider: string
  readonly audience: string
  readonly subject: string
  /** How the user signed in. Undefined when the token does not say. */
  readonly amr: readonly string[] | undefined
  readonly tags: Readonly<Record<string, string>>
  /** The identity of an identity pool that the token was issued to. */
  readonly identity: RoleSession['identity']
}

type AssumeRoleInput = {
  readonly roleArn: string
  readonly webIdentity: WebIdentity
  readonly sessionName: string
  readonly lifetimeSeconds: number
  /** A policy document, already checked, that limits the session further. */
  readonly policy?: string | undefined
  readonly isGuest?: boolean
  readonly isVended?: boolean
  /** Condition keys of the request, such as `aws:SourceIp`. */
  readonly requestKeys?: RequestKeys
}

/** Temporary credentials of a role. */
export type AssumedRole = {
  readonly keyId: string
  readonly secret: string
  readonly sessionToken: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  readonly arn: string
  /** The role's id and the session's name. */
  readonly userId: string
}

/** `denied`: there is no such role, or it does not trust the web identity. Callers must not tell these apart. */
export class AssumeRoleError extends Error {
  override name = 'AssumeRoleError'
  readonly reason: 'denied' | 'too-long' | 'too-large'

  constructor(reason: AssumeRoleError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

const assumeAction = 'sts:AssumeRoleWithWebIdentity'

/**
 * Begins a session of a role for a web identity.
 * @throws AssumeRoleError when the role does not trust the web identity, its sessions are shorter, or the session token would be too long
 */
export async function assumeRole(deps: AssumeRoleDeps, input: AssumeRoleInput): Promise<AssumedRole> {
  const { session } = await beginSession(deps, input)
  const sessionToken = sealRoleSession(deps.secrets, session)
  if (sessionToken.length > maxSessionTokenLength) {
    throw new AssumeRoleError('too-large', 'The session policy and the tags are too long together.')
  }
  const { keyId, secret, expiresAt } = session
  return { keyId, secret, sessionToken, expiresAt, arn: assumedRoleArn(session), userId: assumedRoleId(session) }
}

/**
 * A session of a role for a web identity, whose credentials have not left the server.
 * @throws AssumeRoleError when the role does not trust the web identity, or its sessions are shorter
 */
export async function beginSession(
  { clock, findRole }: Omit<AssumeRoleDeps, 'secrets'>,
  input: AssumeRoleInput,
): Promise<{ readonly session: RoleSession; readonly role: ReadRole }> {
  const role = await findRole(input.roleArn)
  if (role === undefined || !trusts(role, input)) throw new AssumeRoleError('denied', `Not authorized to perform ${assumeAction}`)
  if (input.lifetimeSeconds > role.maxSessionSeconds) {
    throw new AssumeRoleError('too-long', `Sessions of the role last at most ${role.maxSessionSeconds} seconds.`)
  }
  return { session: draftSession(role, input, clock.now()), role }
}

/** The trust policy has to allow the assumption and, if there are tags, their use. */
function trusts({ trust }: ReadRole, { webIdentity, sessionName, requestKeys }: AssumeRoleInput): boolean {
  const principal: Principal = { type: 'Federated', name: webIdentity.principal }
  const ownKeys = webIdentityKeys(webIdentity)
  const keys: RequestKeys = (name) => {
    if (name === 'sts:rolesessionname') return [sessionName]
    return ownKeys(name) ?? requestKeys?.(name)
  }
  const actions = Object.keys(webIdentity.tags).length === 0 ? [assumeAction] : [assumeAction, 'sts:TagSession']
  return actions.every((action) => evaluateTrustPolicy(trust, principal, action, keys) === 'allowed')
}

/** The condition keys of a web identity while it assumes a role. */
function webIdentityKeys({ tags, ...webIdentity }: WebIdentity): RequestKeys {
  const keys = sessionKeys(webIdentity)
  const tagValues = new Map(Object.entries(tags).map(([key, value]) => [key.toLowerCase(), value]))
  return (name) => {
    if (Object.hasOwn(keys, name)) return keys[name]
    if (name === 'aws:tagkeys') return tagValues.size === 0 ? undefined : Object.keys(tags)
    const [, tag] = /^aws:(?:requesttag|principaltag)\/(.+)$/.exec(name) ?? []
    const value = tag === undefined ? undefined : tagValues.get(tag)
    return value === undefined ? undefined : [value]
  }
}

/** The condition keys of a web identity that its session keeps. */
function sessionKeys({ principal, provider, audience, subject, amr }: Omit<WebIdentity, 'tags'>): RoleSession['keys'] {
  const prefix = provider.toLowerCase()
  return {
    'aws:federatedprovider': [principal],
    [`${prefix}:aud`]: [audience],
    [`${prefix}:sub`]: [subject],
    ...(amr !== undefined && { [`${prefix}:amr`]: amr }),
  }
}

/** A session that begins now. It is not sealed yet. */
function draftSession(role: ReadRole, input: AssumeRoleInput, now: number): RoleSession {
  const { id: keyId, secret } = newAccessKey('session')
  return {
    keyId,
    secret,
    roleArn: role.arn,
    roleId: role.id,
    roleGeneration: role.sessionGeneration,
    name: input.sessionName,
    issuedAt: now,
    expiresAt: now + input.lifetimeSeconds * 1000,
    keys: sessionKeys(input.webIdentity),
    tags: input.webIdentity.tags,
    policy: input.policy,
    isGuest: input.isGuest ?? false,
    identity: input.webIdentity.identity,
    isVended: input.isVended ?? false,
  }
}

type NamedSession = Pick<RoleSession, 'roleArn' | 'roleId' | 'name'>

export function assumedRoleArn({ roleArn, name }: NamedSession): string {
  const role = parseRoleArn(roleArn)
  return `arn:aws:sts::${role?.accountId}:assumed-role/${role?.name}/${name}`
}

export const assumedRoleId = ({ roleId, name }: NamedSession): string => `${roleId}:${name}`
