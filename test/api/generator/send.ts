import { definitionOf, type Service } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { jsonContentType, type RawAnswer, rawRequest } from '../../support/raw-call.ts'
import type { TestServer } from '../../support/test-server.ts'

const targetPrefixes: Readonly<Record<Service, string>> = {
  'user-pools': 'AWSCognitoIdentityProviderService',
  'identity-pools': 'AWSCognitoIdentityService',
  lifeguard: 'LifeguardService',
}

/** Far more than any answer takes on a busy machine: past it, the server hangs. */
const patienceMs = 20_000

/** Calls an operation with a JSON value, or with exactly these bytes. Rejects when there is no answer. */
export async function send(server: TestServer, name: OperationName, body: unknown): Promise<RawAnswer> {
  const { service, wireName } = definitionOf(name)
  try {
    return await rawRequest(server, {
      headers: { 'content-type': jsonContentType, 'x-amz-target': `${targetPrefixes[service]}.${wireName}` },
      body: body instanceof Uint8Array ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    })
  } catch (error) {
    throw new Error(`${name} did not answer to ${shortened(body)}`, { cause: error })
  }
}

/** Works through the list with so many at once, in order of the list. */
export async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

/** A request in a message that a person can read. */
export function shortened(value: unknown): string {
  const text = typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString() : JSON.stringify(value)
  return text.length <= 600 ? text : `${text.slice(0, 600)}… (${text.length} characters)`
}

const shownFaults = 10

/** What a failed assertion says about faults: how many, and the first of them. */
export function listed(faults: readonly string[]): string {
  return [`${faults.length} faults`, ...faults.slice(0, shownFaults)].join('\n')
}
