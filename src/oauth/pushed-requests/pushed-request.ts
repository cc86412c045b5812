import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Db } from '../../storage/db.ts'
import { PageError } from '../page-error.ts'
import { type ReceivedParameters, receiveParameters } from '../parameters.ts'
import { findPushedRequest, openPushedRequest } from './pushed-request-repository.ts'

/** The form of request URIs (RFC 9126 §2.2). */
export const requestUriPrefix = 'urn:ietf:params:oauth:request_uri:'

/** How long a client has to send the user's browser with the request URI. */
export const pushedLifetimeSeconds = 90
/** How long the user has for the sign-in, from the first visit of the browser on. */
const openedLifetimeMs = hourMs

/** The request URI is random, so a hash without a key is enough to keep a reader of the database from using it. */
export const hashOfRequestUri = (uri: string): string => createHash('sha256').update(uri).digest('base64url')

/** The parameters of an authorization request, and the id of the pushed request that they come from. */
type Expanded = { readonly received: ReceivedParameters; readonly pushedId: string | undefined }

/**
 * The parameters of a pushed request in the place of its request URI (RFC 9126 §4). All parameters beside client id and request URI are
 * ignored (RFC 9101 §6.3). In pools that are not of manner strict, the parameters stay as they are.
 *
 * @throws PageError invalid_request when the request is unknown, expired, answered, or was pushed by another client.
 */
export async function expandPushedRequest(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  { pool, client }: PoolAndClient,
  received: ReceivedParameters,
): Promise<Expanded> {
  const uri = received.parameters.get('request_uri')
  if (mannerOf(pool) !== 'STRICT' || !uri?.startsWith(requestUriPrefix)) return { received, pushedId: undefined }
  const key = { poolId: pool.id, id: hashOfRequestUri(uri) }
  const request = await findPushedRequest(db, key)
  const now = clock.now()
  const isUsable = request !== undefined && request.clientId === client.id && now < request.expiresAt
  if (!isUsable || received.wrong.has('request_uri')) throw new PageError('invalid_request', client.id)
  if (request.openedAt === null) await openPushedRequest(db, key, { openedAt: now, expiresAt: now + openedLifetimeMs })
  const pushed = receiveParameters(request.form)
  return { received: received.parameters.has('account_chosen') ? withoutAccountPrompt(pushed) : pushed, pushedId: key.id }
}

/**
 * Once the user has chosen an account, the browser comes back with `account_chosen`. Users who set it themselves do without their own
 * choice, and no more: `prompt=login` stays.
 */
function withoutAccountPrompt(pushed: ReceivedParameters): ReceivedParameters {
  const prompts = pushed.parameters.get('prompt')?.split(' ') ?? []
  const parameters = new Map(pushed.parameters)
  parameters.set('prompt', prompts.filter((prompt) => prompt !== 'select_account').join(' '))
  return { ...pushed, parameters }
}
