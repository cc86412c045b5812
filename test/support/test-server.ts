import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Logger } from '../../src/base/logger.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { readSettings, type Settings } from '../../src/settings.ts'
import { localAuthorityFile } from '../../src/web/tls/local-authority-file.ts'
import type { TestEngine } from './engines.ts'
import { evidenceLogger, noteAuditRecords, noteSecrets, noteSettings } from './evidence.ts'
import { trustAuthority } from './local-trust.ts'
import { createTestClock, type TestClock } from './test-clock.ts'

/** A message as `GET /inbox/api/messages` returns it. */
export type InboxMessage = {
  readonly id: string
  readonly channel: 'email' | 'sms'
  readonly recipient: string
  readonly subject: string | null
  readonly text: string | null
  readonly html: string | null
  readonly code: string | null
  readonly userPoolId: string
  readonly username: string
  readonly trigger: string
  readonly createdAt: string
}

export type TestServer = AsyncDisposable & {
  readonly url: string
  /** The file with the authority of its certificates, if it runs with `--https`. All clients in this process trust it. */
  readonly authorityFile: string
  /** For the few tests that use the database directly. */
  readonly databaseUrl: string
  readonly region: string
  /** A client of the official SDK that calls the server with arbitrary credentials and without retries. */
  readonly client: CognitoIdentityProviderClient
  readonly send: CognitoIdentityProviderClient['send']
  readonly clock: TestClock
  /** All messages that were sent so far, or those to one recipient; newest first. */
  inbox(recipient?: string): Promise<InboxMessage[]>
  /** Creates a pool with one app client. The options replace members of the default requests. */
  givenPool(options?: TestPoolOptions): Promise<{ poolId: string; clientId: string; clientSecret: string | undefined }>
  /** Closes the server and starts a new one on the same data and port. `changes` replace earlier settings. */
  restart(changes?: Partial<Settings>): Promise<void>
  /** Resolves with the reason when the server must stop. */
  failed(): Promise<Error>
  close(): Promise<void>
}

export type TestPoolOptions = {
  readonly pool?: Partial<CreateUserPoolCommandInput>
  readonly client?: Partial<CreateUserPoolClientCommandInput>
}

type Overrides = {
  /** Further flags, such as `['--region', 'eu-west-1']`. */
  readonly flags?: readonly string[]
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** Replaces the logger that prints errors. */
  readonly logger?: Logger
}

/** Starts the real server in this process, on a free port and with its own database. */
export async function startTestServer(engine: TestEngine, { flags = [], env = {}, logger }: Overrides = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-test-'))
  const database = await engine.createDatabase()
  const clock = createTestClock()
  const argv = ['--port', '0', '--data', folder, '--database', database.url, '--log-level', 'error', ...flags]
  noteSettings(argv, env)
  const settings = readSettings({ argv, env, command: 'dev' })
  const usedLogger = logger ?? evidenceLogger({ isSilent: flags.includes('silent') })
  const replacements = usedLogger === undefined ? { clock } : { clock, logger: usedLogger }
  let running: RunningServer = await startServer(settings, replacements)
  const { url } = running
  const authorityFile = localAuthorityFile(folder)
  if (settings.https) trustAuthority(authorityFile)
  const client = sdkClient(url, settings.region)

  async function close(): Promise<void> {
    client.destroy()
    await running.close()
    await noteAuditRecords(database.url)
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  }

  return {
    url,
    authorityFile,
    databaseUrl: database.url,
    region: settings.region,
    client,
    send: client.send.bind(client),
    clock,
    async inbox(recipient) {
      const query = recipient === undefined ? '' : `?recipient=${encodeURIComponent(recipient)}`
      const response = await fetch(`${url}/inbox/api/messages${query}`)
      if (!response.ok) throw new Error(`The inbox answered ${response.status}`)
      const messages = (await response.json()) as InboxMessage[]
      noteSecrets(messages)
      return messages
    },
    givenPool: (options) => givenPool(client, options),
    async restart(changes) {
      await running.close()
      Object.assign(settings, changes)
      running = await startServer({ ...settings, port: Number(new URL(url).port) }, replacements)
    },
    failed: () => running.failed,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** One server for all tests of a `describe`: it is started before them and closed after them. Each test creates its own pools. */
export function useTestServer(engine: TestEngine, overrides?: Overrides): () => TestServer {
  let server: TestServer | undefined
  before(async () => {
    server = await startTestServer(engine, overrides)
  })
  after(() => server?.close())
  return () => {
    if (server === undefined) throw new Error('The server runs inside tests only.')
    return server
  }
}

export function sdkClient(endpoint: string, region: string): CognitoIdentityProviderClient {
  const credentials = { accessKeyId: 'AKIAANYCREDENTIALS00', secretAccessKey: 'any' }
  return noteSecretsOf(new CognitoIdentityProviderClient({ endpoint, region, credentials, maxAttempts: 1 }))
}

/** Keeps the secrets in the requests and answers of the client. Returns the client. */
export function noteSecretsOf(client: CognitoIdentityProviderClient): CognitoIdentityProviderClient {
  client.middlewareStack.add(
    (next) => async (call) => {
      noteSecrets(call.input)
      const result = await next(call)
      noteSecrets(result.output)
      return result
    },
    { step: 'initialize', name: 'noteSecrets' },
  )
  return client
}

const clientDefaults: Omit<CreateUserPoolClientCommandInput, 'UserPoolId'> = {
  ClientName: 'test',
  ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
}

async function givenPool(sdk: CognitoIdentityProviderClient, { pool, client }: TestPoolOptions = {}) {
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'test', ...pool }))
  const poolId = UserPool?.Id
  if (poolId === undefined) throw new Error('CreateUserPool answered without an id')
  const { UserPoolClient } = await sdk.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ...clientDefaults, ...client }))
  if (UserPoolClient?.ClientId === undefined) throw new Error('CreateUserPoolClient answered without an id')
  return { poolId, clientId: UserPoolClient.ClientId, clientSecret: UserPoolClient.ClientSecret }
}
