import type { Secrets } from '../../base/secrets.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { FormerPoolType } from '../../contract/generated/types.ts'
import { isHttpUrl } from './http-url.ts'

/** The user pool at Cognito, or at another Lifeguard, that this pool was copied from. Users who came without a password still have it there. */
export type FormerPool = {
  readonly userPoolId: string
  /** The app client of the former pool by which passwords are checked. */
  readonly clientId: string
  /** Sealed for this pool; undefined for a client without a secret. */
  readonly sealedClientSecret: string | undefined
  /** The URL of the API. Undefined: AWS's endpoint of the region in the pool's id. */
  readonly endpoint: string | undefined
  /** `ADMIN_USER_PASSWORD_AUTH` is signed by credentials of AWS's default provider chain. */
  readonly flow: 'USER_PASSWORD_AUTH' | 'ADMIN_USER_PASSWORD_AUTH'
  /** From when on the former pool is no longer asked, in epoch milliseconds. */
  readonly until: number
}

/**
 * Whether this server may send calls that it signs with its AWS credentials to the endpoint of the former pool. The endpoint is one of the
 * pool's extensions. Without this rule, people who may set extensions could have signed requests sent to a server of their own.
 */
export type MaySign = (former: Pick<FormerPool, 'userPoolId' | 'endpoint'>) => boolean

type Deps = { readonly secrets: Secrets; readonly maySignFormerCalls: MaySign }

/**
 * Reads the section of SetUserPoolExtensions. An empty section removes the former pool.
 * @throws ApiError InvalidParameterException when a member is missing, Endpoint is no URL of HTTP or HTTPS, or this server does not sign calls
 * to it
 */
export function readFormerPool({ secrets, maySignFormerCalls }: Deps, poolId: string, sent: FormerPoolType): FormerPool | undefined {
  if (Object.values(sent).every((value) => value === undefined)) return undefined
  const { UserPoolId, ClientId, ClientSecret, Endpoint, Until } = sent
  if (UserPoolId === undefined || ClientId === undefined || Until === undefined) {
    throw invalidParameter('FormerPool: give UserPoolId, ClientId and Until, or leave the section empty to remove the former pool.')
  }
  if (Endpoint !== undefined && !isHttpUrl(Endpoint)) {
    throw invalidParameter('FormerPool.Endpoint: give a URL that begins with https:// or http://.')
  }
  const flow = sent.Flow ?? 'USER_PASSWORD_AUTH'
  if (flow === 'ADMIN_USER_PASSWORD_AUTH' && !maySignFormerCalls({ userPoolId: UserPoolId, endpoint: Endpoint })) {
    throw invalidParameter(
      "FormerPool.Endpoint: with ADMIN_USER_PASSWORD_AUTH this server signs calls to AWS's endpoint of the pool's region, and to endpoints that its operator allows (--former-pool-endpoints). Leave Endpoint out, or use USER_PASSWORD_AUTH.",
    )
  }
  return {
    userPoolId: UserPoolId,
    clientId: ClientId,
    sealedClientSecret: ClientSecret === undefined ? undefined : secrets.seal('former-pool', ClientSecret, poolId),
    endpoint: Endpoint,
    flow,
    until: Until.getTime(),
  }
}

/** The client secret; undefined for a client without one. */
export function openClientSecret(secrets: Secrets, poolId: string, { sealedClientSecret }: FormerPool): string | undefined {
  if (sealedClientSecret === undefined) return undefined
  const secret = secrets.open('former-pool', sealedClientSecret, poolId)?.toString()
  if (secret === undefined) throw new Error(`The client secret of the former pool of ${poolId} cannot be opened.`)
  return secret
}

/** The section of GetUserPoolExtensions. The client secret is not shown. */
export function writeFormerPool(formerPool: FormerPool | undefined): FormerPoolType | undefined {
  if (formerPool === undefined) return undefined
  const { userPoolId, clientId, endpoint, flow, until } = formerPool
  return { UserPoolId: userPoolId, ClientId: clientId, Endpoint: endpoint, Flow: flow, Until: new Date(until) }
}
