import { isDeveloperOnly } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { AuthEvent } from '../../protection/auth-event.ts'
import { listAuthEvents } from '../../protection/auth-event-repository.ts'
import { countryNameOf } from '../../protection/traits-of.ts'
import type { Db } from '../../storage/db.ts'
import { isRevoked } from '../../tokens/session.ts'
import { listSessionsOf } from '../../tokens/session-repository.ts'
import { writeSessionId } from '../../tokens/sessions/session-id.ts'
import { listDevicesOf } from '../../users/devices/device-repository.ts'
import { listMemberships } from '../../users/groups/group-member-repository.ts'
import { identitiesOf } from '../../users/linked-identities/linked-identity.ts'
import { findSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import { findPasskeys } from '../../users/passkeys/passkey-repository.ts'
import type { User } from '../../users/user.ts'

/** A user can have any number of devices, sessions and events. The file has so many of each, the newest ones of sessions and events. */
const mostEntries = 5000

/** What the pool knows of the user, without what proves that it is the user: passwords, secrets, keys and codes. */
export async function collectUserData(db: Db, pool: Pool, user: User, now: number): Promise<object> {
  const { sub } = user
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
    secondFactors: {
      enabled: user.mfa?.enabled ?? [],
      preferred: user.mfa?.preferred ?? null,
      authenticatorApp: token?.secret == null ? null : { name: token.deviceName },
    },
    passkeys: passkeys.map(({ id, name, relyingPartyId, transports, attachment = null, createdAt, lastUsedAt }) => {
      return { id, name, domain: relyingPartyId, transports, attachment, created: timeOf(createdAt), lastUsed: timeOf(lastUsedAt) }
    }),
    devices: devices.map(({ key, name, remembered, lastIp, createdAt, lastAuthenticatedAt }) => {
      return { key, name, remembered, lastAddress: lastIp, created: timeOf(createdAt), lastUsed: timeOf(lastAuthenticatedAt) }
    }),
    sessions: sessions
      .filter((session) => !isRevoked(session, user))
      .map(({ id, clientId, createdAt, expiresAt, activity, deviceKey }) => ({
        id: writeSessionId(id),
        clientId,
        created: timeOf(createdAt),
        expires: timeOf(expiresAt),
        lastUsed: timeOf(activity?.lastActiveAt),
        browser: activity?.device ?? null,
        address: activity?.ip ?? null,
        deviceKey,
      })),
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
