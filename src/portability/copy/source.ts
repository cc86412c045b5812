import { setTimeout as sleep } from 'node:timers/promises'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import type { CopyReport } from './copy-report.ts'

/** How many calls of each kind a second. AWS's limits are 15 for reading a pool or client, 30 for lists of users, 120 for a user. */
const rates = { settings: 8, lists: 20, users: 60 } as const
export type CallKind = keyof typeof rates

/** The pool that is copied. Calls are paced below AWS's limits, repeated when AWS refuses one as too many, and have deadlines. */
export type Source = {
  readonly poolId: string
  readonly endpoint: string | undefined
  /** Makes a call of the SDK. */
  read<T>(kind: CallKind, call: (client: sdk.CognitoIdentityProviderClient) => Promise<T>): Promise<T>
  /**
   * As `read`, for what may be missing there, or what the credentials may not read. Undefined when it is missing. When it may not be read,
   * the report says so, and the result is undefined as well.
   */
  readIfAny<T>(what: string, call: (client: sdk.CognitoIdentityProviderClient) => Promise<T>): Promise<T | undefined>
  close(): void
}

type Options = { readonly poolId: string; readonly region: string; readonly endpoint: string | undefined; readonly report: CopyReport }

export function openSource({ poolId, region, endpoint, report }: Options): Source {
  const client = new sdk.CognitoIdentityProviderClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    retryMode: 'adaptive',
    maxAttempts: 8,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  })
  const pace = createPace()
  const read: Source['read'] = async (kind, call) => {
    await pace(kind)
    return call(client)
  }
  return {
    poolId,
    endpoint,
    read,
    async readIfAny(what, call) {
      try {
        return await read('settings', call)
      } catch (error) {
        if (!isRefusal(error)) throw error
        if (error.name !== 'ResourceNotFoundException') report.fail(what, `it could not be read: ${error.name}`)
        return undefined
      }
    },
    close: () => client.destroy(),
  }
}

/** Whether the service answered and refused the call. No answer, and a failure of the service, end the copy: it can be run again. */
function isRefusal(error: unknown): error is sdk.CognitoIdentityProviderServiceException {
  return error instanceof sdk.CognitoIdentityProviderServiceException && error.$fault === 'client'
}

function createPace(): (kind: CallKind) => Promise<void> {
  const next: Record<CallKind, number> = { settings: 0, lists: 0, users: 0 }
  return async (kind) => {
    const now = performance.now()
    const turn = Math.max(now, next[kind])
    next[kind] = turn + 1000 / rates[kind]
    if (turn > now) await sleep(turn - now)
  }
}

/** The elements of all pages. `fetch` gets the token of a page, and returns the elements and the token of the next page. */
export async function* pagesOf<T>(
  fetch: (token: string | undefined) => Promise<{ readonly items: readonly T[] | undefined; readonly next: string | undefined }>,
): AsyncGenerator<readonly T[]> {
  let token: string | undefined
  do {
    const { items = [], next } = await fetch(token)
    yield items
    token = next
  } while (token !== undefined)
}
