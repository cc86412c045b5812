import { isDeveloperOnly } from '../../pools/attribute-rules.ts'
import type { SelfServiceOperation } from '../../pools/extensions/self-service.ts'
import type { AuthEvent } from '../../protection/auth-event.ts'
import { listAuthEvents } from '../../protection/auth-event-repository.ts'
import { countryNameOf } from '../../protection/traits-of.ts'
import type { Db } from '../../storage/db.ts'
import { isRevoked, type Session } from '../../tokens/session.ts'
import { listSessionsOf } from '../../tokens/session-repository.ts'
import { writeSessionId } from '../../tokens/sessions/session-id.ts'
import type { Device } from '../../users/devices/device.ts'
import { listDevicesOf } from '../../users/devices/device-repository.ts'
import { listMemberships } from '../../users/groups/group-member-repository.ts'
import { identitiesOf } from '../../users/linked-identities/linked-identity.ts'
import { findSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import type { Passkey } from '../../users/passkeys/passkey.ts'
import { findPasskeys } from '../../users/passkeys/passkey-repository.ts'
import { maySelfServe } from '../../users/self-service/self-service.ts'
import type { User } from '../../users/user.ts'
import type { Account } from './account.ts'

/** A user can have any number of devices, sessions and events. The file has so many of each, the newest ones of sessions and events. */
const mostEntries = 5000

/**
 * What the pool knows of the user, without what proves that it is the user: passwords, secrets, keys and codes. What a switch keeps from the
 * user is null.
 */
export async function collectUserData(db: Db, account: Account): Promise<object> {
  const { pool, user, proof, now } = account
  const { sub } = user
  const ifAllowed = <T>(operation: SelfServiceOperation, value: T): T | null =>
    maySelfServe(account, operation, proof, now) === 'allowed' ? value : null
  const [groups, token, passkeys, devices, sessions, events] = await Promise.all([
    listMemberships(db, pool.id, sub),
    findSoftwareToken(db, user),
    findPasskeys(db, pool.id, sub),
    listDevicesOf(db, user, { after: undefined, limit: mostEntries }),
    listSessionsOf(db, user, { now, limit: mostEntries }),
    listAuthEvents(db, pool.id, sub, { after: undefined, limit: mostEntries }),
  ])
  return {
    createdOn: timeOf(now),
    user: describeUser(user),
    groups: groups.map(({ name }) => name).toSorted(),
    secondFactors: ifAllowed('GetUserAuthFactors', {
      enabled: user.mfa?.enabled ?? [],
      preferred: user.mfa?.preferred ?? null,
      authenticatorApp: token?.secret == null ? null : { name: token.deviceName },
    }),
    passkeys: ifAllowed('ListWebAuthnCredentials', passkeys.map(describePasskey)),
    devices: ifAllowed('ListDevices', devices.map(describeDevice)),
    sessions: ifAllowed('ListUserSessions', sessions.filter((session) => !isRevoked(session, user)).map(describeSession)),
    linkedSignIns: identitiesOf(user.attributes).map(({ providerName, userId, dateCreated }) => {
      return { provider: providerName, userId, linked: timeOf(dateCreated) }
    }),
    history: events.map(describeEvent),
  }
}

function describeUser({ username, sub, status, enabled, attributes, createdAt, updatedAt }: User): object {
  // Linked identities have a list of their own. Attributes for developers are notes of the people who run the pool.
  const own = Object.entries(attributes).filter(([name]) => name !== 'identities' && !isDeveloperOnly(name))
  return { username, sub, status, enabled, created: timeOf(createdAt), changed: timeOf(updatedAt), attributes: Object.fromEntries(own) }
}

function describePasskey({ id, name, relyingPartyId, transports, attachment, createdAt, lastUsedAt }: Passkey): object {
  return {
    id,
    name,
    domain: relyingPartyId,
    transports,
    attachment: attachment ?? null,
    created: timeOf(createdAt),
    lastUsed: timeOf(lastUsedAt),
  }
}

function describeDevice({ key, name, remembered, lastIp, createdAt, lastAuthenticatedAt }: Device): object {
  return { key, name, remembered, lastAddress: lastIp, created: timeOf(createdAt), lastUsed: timeOf(lastAuthenticatedAt) }
}

function describeSession({ id, clientId, createdAt, expiresAt, activity, deviceKey }: Session): object {
  return {
    id: writeSessionId(id),
    clientId,
    created: timeOf(createdAt),
    expires: timeOf(expiresAt),
    lastUsed: timeOf(activity?.lastActiveAt),
    browser: activity?.device ?? null,
    address: activity?.ip ?? null,
    deviceKey,
  }
}

function describeEvent({ id, type, response, createdAt, details, feedback }: AuthEvent): object {
  const { clientId, providerName = null, challenges, ip = null, device, traits = {}, risk } = details
  return {
    id,
    type,
    response,
    time: timeOf(createdAt),
    clientId,
    provider: providerName,
    challenges,
    address: ip,
    browser: device,
    city: traits.city ?? null,
    country: countryNameOf(traits) ?? null,
    risk: risk === undefined ? null : { decision: risk.decision, level: risk.level ?? null },
    feedback: feedback === undefined ? null : { value: feedback.value, by: feedback.provider, time: timeOf(feedback.at) },
  }
}

const timeOf = (at: number | null | undefined): string | null => (at == null ? null : new Date(at).toISOString())
