import { after, afterEach, before } from 'node:test'
import pg from 'pg'
import { LifeguardProcess, masterKey, temporaryFolder } from '../cli/lifeguard-process.ts'
import { type OwnCluster, startOwnCluster } from '../support/postgres.ts'
import { sdkClient } from '../support/test-server.ts'
import { until } from '../support/until.ts'

/** A PostgreSQL that the tests of the calling file may kill and freeze. */
export function useOwnCluster(): () => OwnCluster {
  let cluster: OwnCluster | undefined
  before(async () => {
    cluster = await startOwnCluster({ durable: true })
  })
  // The next test and `after` need a PostgreSQL that runs.
  afterEach(async () => {
    if (cluster !== undefined && !(await answers(cluster.url))) await restart(cluster)
  })
  after(() => cluster?.stop())
  return () => {
    if (cluster === undefined) throw new Error('The cluster runs inside tests only.')
    return cluster
  }
}

/** Starts PostgreSQL again. The first attempts may fail because of what a killed server left behind. */
export async function restart(cluster: OwnCluster): Promise<void> {
  await until('PostgreSQL starts', async () => {
    await cluster.start()
    return answers(cluster.url)
  })
}

function answers(url: string): Promise<boolean> {
  return withDatabase(url, () => Promise.resolve(true)).catch(() => false)
}

const data = temporaryFolder()

/** `lifeguard dev` on the database at `databaseUrl`, in a process of its own, so that a test may kill the process. */
export function startNode(databaseUrl: string, env: Readonly<Record<string, string>> = {}): LifeguardProcess {
  return new LifeguardProcess(['dev', '--port', '0', '--data', data], {
    LIFEGUARD_DATABASE: databaseUrl,
    LIFEGUARD_MASTER_KEY: masterKey,
    // One second, so that statements that hang end earlier than in production.
    LIFEGUARD_DATABASE_STATEMENT_SECONDS: '1',
    ...env,
  })
}

/** A client of a running process. Every request has a time limit, so that a missing answer fails the test. */
export function clientOf(url: string) {
  const signal = () => AbortSignal.timeout(30_000)
  return {
    sdk: sdkClient(url, 'us-east-1'),
    async call(
      operation: string,
      body: object,
    ): Promise<{ status: number; type: string | undefined; retryAfter: string | null; body: unknown }> {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: signal() })
      const answer = (await response.json()) as { __type?: string }
      return { status: response.status, type: answer.__type, retryAfter: response.headers.get('retry-after'), body: answer }
    },
    async inbox(recipient: string): Promise<unknown[]> {
      const response = await fetch(`${url}/inbox/api/messages?recipient=${encodeURIComponent(recipient)}`, { signal: signal() })
      return (await response.json()) as unknown[]
    },
    async ready(): Promise<number> {
      const response = await fetch(`${url}/readyz`, { signal: signal() })
      await response.text()
      return response.status
    },
  }
}

/** Runs statements on the database directly, without the server. */
export async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
