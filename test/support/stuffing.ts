import { AdminInitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { callLifeguard } from './lifeguard-operations.ts'
import { givenOAuthPool } from './oauth.ts'
import { rawCall } from './raw-call.ts'
import { goodPassword } from './sign-in.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export type Ids = { readonly poolId: string; readonly clientId: string }

type StuffingPool = { readonly mode?: 'AUDIT' | 'ENFORCED'; readonly client?: TestPoolOptions['client'] }

/** A pool that slows networks down. Its client does not tell which users exist. */
export async function givenStuffingPool(server: TestServer, { mode = 'ENFORCED', client = {} }: StuffingPool = {}) {
  const ids = await server.givenPool({
    pool: { UserPoolAddOns: { AdvancedSecurityMode: mode } },
    client: { PreventUserExistenceErrors: 'ENABLED', ...client },
  })
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: ids.poolId, ThreatProtection: { Stuffing: 'SLOW_DOWN' } })
  return ids
}

/**
 * Signs in from an address, through a proxy that the server trusts. Returns 'signed-in', or the name and message of the error.
 */
export async function signInFrom(
  server: Pick<TestServer, 'url'>,
  { clientId }: Pick<Ids, 'clientId'>,
  ip: string,
  username: string,
  password = goodPassword,
) {
  const AuthParameters = { USERNAME: username, PASSWORD: password }
  const request = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }
  const { status, body } = await rawCall(server, 'InitiateAuth', request, { 'x-forwarded-for': ip })
  return status === 200 ? 'signed-in' : `${body['__type']}: ${body['message']}`
}

export const wrong = 'NotAuthorizedException: Incorrect username or password.'
export const refused = 'TooManyRequestsException: Too many sign-ins from this network failed.'
export const wrongPassword = 'Wrong-horse-7'

/** Tries one wrong password for each of the names. Returns the different answers. */
export async function attack(server: Pick<TestServer, 'url'>, ids: Ids, ip: string, names: readonly string[]): Promise<readonly string[]> {
  const answers = new Set<string>()
  for (const name of names) answers.add(await signInFrom(server, ids, ip, name, wrongPassword))
  return [...answers]
}

/** Different names. */
export const namesOf = (count: number, prefix = 'victim'): readonly string[] => Array.from({ length: count }, (_, at) => `${prefix}-${at}`)

/** A pool with hosted pages, in which failures slow networks down. */
export async function givenPagesPool(server: TestServer, client: TestPoolOptions['client'] = {}) {
  const ids = await givenOAuthPool(server, {
    pool: { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } },
    client: { PreventUserExistenceErrors: 'ENABLED', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'], ...client },
  })
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: ids.poolId, ThreatProtection: { Stuffing: 'SLOW_DOWN' } })
  return ids
}

/** The networks that are slowed down, as ListSlowedNetworks shows them. */
export const slowedOf = async (server: Pick<TestServer, 'url'>, { poolId }: Pick<Ids, 'poolId'>): Promise<readonly string[]> => {
  const { SlowedNetworks } = await callLifeguard(server, 'ListSlowedNetworks', { UserPoolId: poolId })
  return (SlowedNetworks as { Network: string }[]).map(({ Network }) => Network)
}

/** A pool in which an address is slowed down. An administrator's server tells the address, so it needs no proxy. */
export async function slowNetwork(server: TestServer, ip: string): Promise<Ids> {
  const ids = await givenStuffingPool(server)
  for (const USERNAME of namesOf(10)) await failAsServer(server, ids, ip, USERNAME)
  return ids
}

/** A wrong password through the API for servers. Without an address, the server tells nothing about its user. */
export async function failAsServer(server: Pick<TestServer, 'send'>, { poolId, clientId }: Ids, ip: string | undefined, username: string) {
  const AuthParameters = { USERNAME: username, PASSWORD: wrongPassword }
  const ContextData = ip === undefined ? undefined : { IpAddress: ip, ServerName: 'app', ServerPath: '/', HttpHeaders: [] }
  const request = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters, ContextData } as const
  await server.send(new AdminInitiateAuthCommand(request)).catch((error: Error) => {
    if (error.name !== 'NotAuthorizedException') throw error
  })
}
