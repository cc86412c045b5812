import { definitionOf, type Service } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { jsonContentType, type RawAnswer, rawRequest } from '../../support/raw-call.ts'
import type { TestServer } from '../../support/test-server.ts'

const targetPrefixes: Readonly<Record<Service, string>> = {
  'user-pools': 'AWSCognitoIdentityProviderService',
  'identity-pools': 'AWSCognitoIdentityService',
  lifeguard: 'LifeguardService',
}

/** Far longer than any response takes on a busy machine: a server that needs more time hangs. */
const timeoutMs = 20_000

/** Calls an operation with `body`: a JSON value, or bytes that are sent unchanged. Rejects when there is no response. */
export async function send(
  server: TestServer,
  name: OperationName,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const { service, wireName } = definitionOf(name)
  try {
    return await rawRequest(server, {
      headers: { 'content-type': jsonContentType, 'x-amz-target': `${targetPrefixes[service]}.${wireName}`, ...headers },
      body: body instanceof Uint8Array ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (error) {
    throw new Error(`${name} did not respond to ${shortened(body)}`, { cause: error })
  }
}

/** Processes the items in their order, with at most `width` at the same time. */
export async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

/** A request or response as text, short enough for a message. */
export function shortened(value: unknown): string {
  const text = typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString() : JSON.stringify(value)
  return text.length <= 600 ? text : `${text.slice(0, 600)}… (${text.length} characters)`
}

const shownFaults = 10

/** The message of a failed assertion: the number of faults, and the first ones. */
export function listed(faults: readonly string[]): string {
  return [`${faults.length} faults`, ...faults.slice(0, shownFaults)].join('\n')
}
