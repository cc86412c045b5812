import type { Pool } from '../pools/pool.ts'
import { invokePostAuthentication } from '../triggers/post-authentication.ts'
import { invokePreAuthentication } from '../triggers/pre-authentication.ts'
import { hasTrigger, type Texts, type TriggerSubject, type Triggers } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'
import { triggerAttributesOf } from '../users/user-triggers.ts'
import type { Candidate } from './candidate.ts'
import type { SignIn, SignInContext } from './sign-in.ts'

type Deps = { readonly triggers: Triggers }

/** The user that the triggers of a sign-in are about. `name` is what the user typed; the triggers get `name` when no such user exists. */
export function triggerSubjectOf(
  { pool, client, caller }: Pick<SignInContext, 'pool' | 'client' | 'caller'>,
  user: User | undefined,
  name: string,
): TriggerSubject {
  return { pool, clientId: client.id, username: user?.username ?? name, sub: user?.sub, userAgent: caller.userAgent }
}

/** The user's attributes in an event. Empty for a user who does not exist. */
export function attributesForTriggers(pool: Pool, user: User | undefined): Texts {
  return user === undefined ? {} : triggerAttributesOf(pool, user)
}

/**
 * Calls the PreAuthentication trigger, once for each sign-in, before anything is proven.
 *
 * @throws ApiError when the trigger function refuses the sign-in.
 */
export async function runPreAuthentication({ triggers }: Deps, context: SignInContext, { user }: Candidate, name: string): Promise<void> {
  const { pool, validationData } = context
  if (!hasTrigger(pool, 'PreAuthentication')) return
  const facts = { userAttributes: attributesForTriggers(pool, user), validationData, userNotFound: user === undefined }
  await invokePreAuthentication(triggers, triggerSubjectOf(context, user, name), facts)
}

/**
 * Calls the PostAuthentication trigger, when everything is proven and before tokens are made.
 *
 * @throws ApiError when the trigger function refuses the sign-in.
 */
export async function runPostAuthentication({ triggers }: Deps, { context, user }: SignIn, newDeviceUsed: boolean): Promise<void> {
  const { pool, caller } = context
  if (!hasTrigger(pool, 'PostAuthentication')) return
  const facts = { userAttributes: attributesForTriggers(pool, user), newDeviceUsed, clientMetadata: caller.clientMetadata }
  await invokePostAuthentication(triggers, triggerSubjectOf(context, user, user.username), facts)
}
