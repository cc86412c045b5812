import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolCommand,
  DescribeUserPoolCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { listAuditRecordsOf } from '../../src/audit/audit-repository.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { LifeguardProcess, lifeguard, masterKey, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const env = {
  LIFEGUARD_DATABASE: `sqlite:${join(folder, 'keys.db')}`,
  LIFEGUARD_MASTER_KEY: masterKey,
  LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  LIFEGUARD_LOG_LEVEL: 'warn',
}
const listOnly = join(folder, 'list-only.json')
writeFileSync(
  listOnly,
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'cognito-idp:List*', Resource: '*' } }),
)

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

async function createKey(...flags: string[]): Promise<Credentials> {
  const { code, stdout, stderr } = await lifeguard(['keys', 'create', ...flags], env)
  assert.equal(code, 0, stderr)
  const values = Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/=(.*)/s)),
  )
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '', AWS_SESSION_TOKEN: sessionToken } = values
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

describe('An access key from the command line', () => {
  let server: LifeguardProcess
  let endpoint: string
  before(async () => {
    server = new LifeguardProcess(['serve', '--port', '0', '--create-database', '--log-level', 'info'], env)
    endpoint = await server.url()
  })
  after(() => server.stop())

  async function withClient<T>(credentials: Credentials, use: (client: CognitoIdentityProviderClient) => Promise<T>): Promise<T> {
    const client = new CognitoIdentityProviderClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
    try {
      return await use(client)
    } finally {
      client.destroy()
    }
  }
  const list = (credentials: Credentials) => withClient(credentials, (client) => client.send(new ListUserPoolsCommand({ MaxResults: 1 })))

  it('signs requests to a running server', async () => {
    const key = await createKey()
    const pool = await withClient(key, (client) => client.send(new CreateUserPoolCommand({ PoolName: 'signed' })))
    assert.match(pool.UserPool?.Id ?? '', /^us-east-1_/)
  })

  it('allows an operation that its policy names, and denies another one', async () => {
    const key = await createKey('--policy', listOnly)
    await list(key)
    const describePool = new DescribeUserPoolCommand({ UserPoolId: 'us-east-1_AbCdEf123' })
    await assert.rejects(
      withClient(key, (client) => client.send(describePool)),
      { name: 'AccessDeniedException' },
    )
  })

  it('with an expiry has a session token, and is rejected in requests without that token or with a wrong one', async () => {
    const { sessionToken, ...bare } = await createKey('--session-seconds', '900')
    assert.ok(sessionToken !== undefined)
    await list({ ...bare, sessionToken })
    await assert.rejects(list(bare), { name: 'UnrecognizedClientException' })
    await assert.rejects(list({ ...bare, sessionToken: `${sessionToken}x` }), { name: 'UnrecognizedClientException' })
  })

  it('is rejected with a wrong secret; a key that does not exist is rejected, too', async () => {
    const key = await createKey()
    await assert.rejects(list({ ...key, secretAccessKey: 'wrong' }), { name: 'InvalidSignatureException' })
    await assert.rejects(list({ ...key, accessKeyId: 'AKIANOTTHERE00000000' }), { name: 'UnrecognizedClientException' })
  })

  it('is listed without its secret, and rejected after its deletion', async () => {
    const key = await createKey('--description', 'for the listing')
    const { stdout } = await lifeguard(['keys', 'list'], env)
    assert.match(stdout, new RegExp(`^${key.accessKeyId}\tcreated \\d{4}-.*\tnever expires\tfor the listing$`, 'm'))
    assert.ok(!stdout.includes(key.secretAccessKey))

    assert.equal((await lifeguard(['keys', 'delete', key.accessKeyId], env)).code, 0)
    assert.ok(!(await lifeguard(['keys', 'list'], env)).stdout.includes(key.accessKeyId))
    await assert.rejects(list(key), { name: 'UnrecognizedClientException' })
  })
})

describe('The audit trail', () => {
  /** The records of a command, oldest first, without what differs in each run. */
  async function recordsOf(operation: string) {
    const storage = await openStorage({ url: env.LIFEGUARD_DATABASE })
    try {
      const records = await listAuditRecordsOf(storage.db, { operation }, { from: undefined, before: undefined }, 100)
      return records.map(({ id: _id, at: _at, ...facts }) => JSON.parse(JSON.stringify(facts))).toReversed()
    } finally {
      await storage.close()
    }
  }
  const common = { systemUser: userInfo().username, outcome: 'ok' }

  it('has a record of a new key, which says whether it has a policy and when it expires, but not its secrets', async () => {
    const known = (await recordsOf('CreateAccessKey')).length
    const all = await createKey()
    const restricted = await createKey('--policy', listOnly, '--session-seconds', '900')
    const [first, second, ...others] = (await recordsOf('CreateAccessKey')).slice(known)
    assert.deepEqual(others, [])
    const created = { ...common, operation: 'CreateAccessKey' }
    assert.deepEqual(first, { ...created, subject: all.accessKeyId, detail: 'policy: none, the key may do everything' })
    assert.deepEqual({ ...second, detail: '' }, { ...created, subject: restricted.accessKeyId, detail: '' })
    assert.match(second.detail, /^policy: given; expires: \d{4}-\d\d-\d\dT[\d:.]+Z$/)
    const text = JSON.stringify([first, second])
    for (const secret of [all.secretAccessKey, restricted.secretAccessKey, restricted.sessionToken ?? '']) assert.ok(!text.includes(secret))
  })

  it('has a record of a deleted key and of each attempt to delete an unknown one', async () => {
    const known = (await recordsOf('DeleteAccessKey')).length
    const { accessKeyId: subject, secretAccessKey } = await createKey()
    assert.equal((await lifeguard(['keys', 'delete', subject], env)).code, 0)
    assert.equal((await lifeguard(['keys', 'delete', subject], env)).code, 1)
    assert.equal((await lifeguard(['keys', 'delete', secretAccessKey], env)).code, 1)
    const deleted = { ...common, operation: 'DeleteAccessKey' }
    assert.deepEqual((await recordsOf('DeleteAccessKey')).slice(known), [
      { ...deleted, subject },
      { ...deleted, subject, outcome: 'ResourceNotFoundException' },
      { ...deleted, outcome: 'ResourceNotFoundException' },
    ])
  })
})

describe('A server without access keys', () => {
  it('rejects operations that need a signature', async () => {
    await using server = new LifeguardProcess(['serve', '--port', '0', '--create-database'], { ...env, LIFEGUARD_LOG_LEVEL: 'info' })
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.ListUserPools' }
    const answer = await fetch(await server.url(), { method: 'POST', headers, body: '{"MaxResults":1}' })
    assert.equal(answer.headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException')
  })
})
