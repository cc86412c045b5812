import { randomBytes } from 'node:crypto'
import {
  CognitoIdentityProviderClient,
  type CognitoIdentityProviderClientConfig,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { type Credentials, createAccessKey } from '../../test/support/access-key.ts'
import { freePort } from '../../test/support/postgres.ts'
import { LifeguardNode } from './node.ts'
import type { TextGateway } from './text-gateway.ts'

export const region = 'us-east-1'

/** What clients need to know about the nodes. */
export type Deployment = {
  readonly nodes: readonly LifeguardNode[]
  readonly credentials: Credentials
  readonly texts: TextGateway
  readonly poolId: string
  readonly clientId: string
}

/** A row of the table `user`, and how many usernames in `user_alias` point to it; read directly from the database. */
export type StoredUser = { readonly username: string; readonly sub: string; readonly status: string; readonly aliases: number }

/** The nodes and the database on which a series of faults is tried. */
export type Stage = AsyncDisposable & {
  readonly deployment: Deployment
  /** All users of the pool, straight from the database. */
  readUsers(): Promise<StoredUser[]>
  /** Ends any fault that is left, starts nodes that are not running, and waits until all are ready. */
  restore(): Promise<void>
}

export const storedUsersQuery = `
  select username, sub, status, (select count(*) from user_alias where user_alias.sub = "user".sub and user_alias.kind = 'username') as aliases
    from "user"`

/** Nodes with the same configuration and database. They are not running yet. */
export async function prepareNodes(names: readonly string[], databaseUrl: string, texts: TextGateway) {
  const env = {
    LIFEGUARD_DATABASE: databaseUrl,
    LIFEGUARD_MASTER_KEY: randomBytes(32).toString('base64'),
    LIFEGUARD_PUBLIC_URL: 'http://id.example.test',
    LIFEGUARD_REGION: region,
    LIFEGUARD_SMS_GATEWAY_URL: texts.url,
    // No rate limits: the series measures what a node can handle.
    LIFEGUARD_RATE_LIMITS: '0',
  }
  const credentials = await createAccessKey([], env)
  const nodes: LifeguardNode[] = []
  for (const name of names) nodes.push(new LifeguardNode({ name, port: await freePort(), flags: ['--allow-http'], env }))
  return { nodes, credentials }
}

/** Starts the nodes and creates the pool that the clients use. */
export async function deploy(prepared: Pick<Deployment, 'nodes' | 'credentials'>, texts: TextGateway): Promise<Deployment> {
  for (const node of prepared.nodes) node.start()
  for (const node of prepared.nodes) await node.ready()
  const client = sdkClient(prepared.nodes[0]?.url ?? '', prepared.credentials)
  try {
    const { UserPool } = await client.send(
      new CreateUserPoolCommand({
        PoolName: 'chaos',
        AutoVerifiedAttributes: ['phone_number'],
        SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' },
      }),
    )
    const poolId = UserPool?.Id ?? ''
    return { ...prepared, texts, poolId, clientId: await createAppClient(client, poolId) }
  } finally {
    client.destroy()
  }
}

export async function createAppClient(client: CognitoIdentityProviderClient, poolId: string): Promise<string> {
  const { UserPoolClient } = await client.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'chaos',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  return UserPoolClient?.ClientId ?? ''
}

/** The official SDK, without retries, so that each failure is seen, and with a time limit for each request. */
export function sdkClient(
  url: string,
  credentials: Credentials,
  { requestTimeout = 10_000, ...config }: Partial<CognitoIdentityProviderClientConfig> & { requestTimeout?: number } = {},
): CognitoIdentityProviderClient {
  const requestHandler = { requestTimeout, connectionTimeout: 3000, throwOnRequestTimeout: true }
  return new CognitoIdentityProviderClient({ endpoint: url, region, credentials, maxAttempts: 1, requestHandler, ...config })
}
