import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import {
  CognitoIdentityProviderClient,
  type CognitoIdentityProviderClientConfig,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Logger } from '../../src/base/logger.ts'
import { startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { type Credentials, createAccessKey, printedBy } from './access-key.ts'
import type { TestEngine } from './engines.ts'
import { evidenceLogger, noteAuditRecords, noteSecrets, noteSettings } from './evidence.ts'
import { createTestClock, type TestClock } from './test-clock.ts'
import { noteSecretsOf } from './test-server.ts'

export type { Credentials } from './access-key.ts'

/** The answer to a request. */
export type PlainAnswer = { readonly status: number; readonly text: string; readonly code: string | undefined }

type PlainRequest = {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** `lifeguard serve` in this process, with its own master key and database. `lifeguard keys` runs in separate processes. */
export type ProductionServer = AsyncDisposable & {
  readonly url: string
  readonly region: string
  readonly accountId: string
  /** Database and master key, as environment variables. */
  readonly env: { readonly LIFEGUARD_DATABASE: string; readonly LIFEGUARD_MASTER_KEY: string }
  readonly clock: TestClock
  /** Runs `lifeguard keys create` with these flags. A policy is written to a file, and the command gets the path. */
  createKey(options?: { policy?: object; flags?: readonly string[] }): Promise<Credentials>
  /** Runs `lifeguard keys delete`. */
  deleteKey(id: string): Promise<void>
  /** A client of the official SDK that calls the server with these credentials and without retries. */
  client(credentials: Credentials, config?: Partial<CognitoIdentityProviderClientConfig>): CognitoIdentityProviderClient
  close(): Promise<void>
}

const defaultFlags = [
  '--port',
  '0',
  '--public-url',
  'http://id.example.test',
  '--allow-http',
  '--region',
  'eu-west-1',
  '--log-level',
  'silent',
]
// Tests send requests faster than the default rates allow.
defaultFlags.push('--rate-limits', '0', '--create-database')

/**
 * `flags` are appended to the command line. With `like`, the new server shares the database and the keys of another server; close that
 * other server last. `logger` replaces the silent one.
 */
export async function startProductionServer(
  engine: TestEngine,
  { flags = [], like, logger }: { readonly flags?: readonly string[]; readonly like?: ProductionServer; readonly logger?: Logger } = {},
): Promise<ProductionServer> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-production-'))
  const database = like === undefined ? await engine.createDatabase() : undefined
  const env = like?.env ?? { LIFEGUARD_DATABASE: database?.url ?? '', LIFEGUARD_MASTER_KEY: randomBytes(32).toString('base64') }
  const clock = createTestClock()
  const settings = readNotedSettings([...defaultFlags, ...flags], env)
  const usedLogger = logger ?? evidenceLogger({ isSilent: true })
  const running = await startServer(settings, usedLogger === undefined ? { clock } : { clock, logger: usedLogger })
  const clients: CognitoIdentityProviderClient[] = []

  async function close(): Promise<void> {
    for (const client of clients) client.destroy()
    await running.close()
    if (database !== undefined) await noteAuditRecords(database.url)
    await database?.drop()
    rmSync(folder, { recursive: true, force: true })
  }

  return {
    url: running.url,
    region: settings.region,
    accountId: settings.accountId,
    env,
    clock,
    async createKey({ policy, flags = [] } = {}) {
      const file = join(folder, 'policy.json')
      if (policy !== undefined) writeFileSync(file, JSON.stringify(policy))
      return createAccessKey([...(policy === undefined ? [] : ['--policy', file]), ...flags], env)
    },
    async deleteKey(id) {
      await printedBy(['keys', 'delete', id], env)
    },
    client(credentials, config) {
      const client = new CognitoIdentityProviderClient({
        endpoint: running.url,
        region: settings.region,
        credentials,
        maxAttempts: 1,
        ...config,
      })
      clients.push(noteSecretsOf(client))
      return client
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function readNotedSettings(argv: readonly string[], env: Readonly<Record<string, string>>) {
  noteSettings(argv, env)
  return readSettings({ argv, env, command: 'serve' })
}

/** A production server with one pool of that name. The access key `owner`, which created the pool, has no policy. */
export async function startProductionWithPool(engine: TestEngine, PoolName: string) {
  const server = await startProductionServer(engine)
  const owner = await server.createKey()
  const { UserPool } = await server.client(owner).send(new CreateUserPoolCommand({ PoolName }))
  return { server, owner, poolId: UserPool?.Id ?? '' }
}

/** Sends a request with exactly these headers, including Host, which `fetch` does not allow to set. */
export async function plainRequest(url: string, { method = 'POST', path = '/', headers = {}, body }: PlainRequest): Promise<PlainAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PlainAnswer>()
  const request = httpRequest(url + path, { method, headers, agent: false }, (response) => {
    text(response).then((read) => {
      noteSecrets(read)
      resolve({ status: response.statusCode ?? 0, text: read, code: codeIn(read) })
    }, reject)
  })
  request.on('error', reject)
  request.end(body)
  return promise
}

function codeIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { __type?: string }).__type
  } catch {
    return undefined
  }
}
