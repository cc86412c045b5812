import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import { invokePreAuthentication } from '../triggers/pre-authentication.ts'
import { type CallerContext, hasTrigger, type Texts, type TriggerSubject, type Triggers } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'
import { triggerAttributesOf } from '../users/user-triggers.ts'
import type { Candidate } from './candidate.ts'
import type { Visit } from './sign-in.ts'

type Place = { readonly pool: Pool; readonly client: AppClient }

/** Whom the triggers of a sign-in are about. Somebody who does not exist is called what they called themselves. */
export function subjectOf({ pool, client }: Place, user: User | undefined, name: string, { userAgent }: CallerContext): TriggerSubject {
  return { pool, clientId: client.id, username: user?.username ?? name, sub: user?.sub, userAgent }
}

/** Empty for somebody who does not exist. */
export function attributesOf(pool: Pool, user: User | undefined): Texts {
  return user === undefined ? {} : triggerAttributesOf(pool, user)
}

/** Asks once for each sign-in, before anything is proven, whether somebody may try at all. Throws what the function refuses with. */
export async function runPreAuthentication(
  { triggers }: { readonly triggers: Triggers },
  place: Place,
  { user }: Candidate,
  { name, visit }: { readonly name: string; readonly visit: Visit },
): Promise<void> {
  if (!hasTrigger(place.pool, 'PreAuthentication')) return
  const facts = {
    userAttributes: attributesOf(place.pool, user),
    validationData: visit.validationData,
    userNotFound: user === undefined,
  }
  await invokePreAuthentication(triggers, subjectOf(place, user, name, visit.caller), facts)
}
