import { randomUUID } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import type { AppClient } from '../../pools/app-client.ts'
import type { ContactAttribute } from '../../pools/pool.ts'
import { standingOf } from '../standing.ts'
import type { User } from '../user.ts'

/**
 * What a new user's program carries from SignUp over ConfirmSignUp to its first sign-in (USER_AUTH), which then needs no other proof.
 *
 * `provenBy` is where the code went that its bearer confirmed the user with. Before that it is worth nothing by itself: whoever signs up
 * in the name of somebody else's address must not be let in when the owner of the address confirms it.
 */
export type SignUpSession = {
  /** Spent on the sign-in. */
  readonly id: string
  readonly sub: string
  readonly provenBy: ContactAttribute | null
  /** Of the user, when they were confirmed. */
  readonly standing: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

type Sealed = readonly [string, string, ContactAttribute | null, string, number]

/** Every Session of Cognito begins like this. */
const prefix = 'AYABe'

/** Undefined for a client that has no flow to go on with. */
export function newSignUpSession(
  secrets: Secrets,
  client: AppClient,
  user: User,
  { provenBy, now }: { provenBy: ContactAttribute | null; now: number },
): string | undefined {
  if (!client.authFlows?.includes('ALLOW_USER_AUTH')) return undefined
  const expiresAt = now + client.authSessionValidityMinutes * 60_000
  const content: Sealed = [randomUUID(), user.sub, provenBy, standingOf(user), expiresAt]
  return prefix + secrets.seal('sign-up-session', JSON.stringify(content), contextOf(client))
}

/** Undefined for a text that is none, or one of another client. It may have expired. */
export function readSignUpSession(secrets: Secrets, client: AppClient, text: string): SignUpSession | undefined {
  const content = text.startsWith(prefix) ? secrets.open('sign-up-session', text.slice(prefix.length), contextOf(client)) : undefined
  if (content === undefined) return undefined
  const [id, sub, provenBy, standing, expiresAt] = JSON.parse(content.toString()) as Sealed
  return { id, sub, provenBy, standing, expiresAt }
}

const contextOf = ({ poolId, id }: AppClient): string => `${poolId}/${id}`
