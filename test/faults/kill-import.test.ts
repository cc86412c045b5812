import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { UserImportJobType } from '@aws-sdk/client-cognito-identity-provider'
import {
  AdminGetUserCommand,
  CreateUserImportJobCommand,
  CreateUserPoolCommand,
  DescribeUserImportJobCommand,
  ListUsersCommand,
  StartUserImportJobCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { type RunningServer, startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { LifeguardProcess } from '../cli/lifeguard-process.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { type JobKey, logOf, upload, waitForJobStatus } from '../support/imports.ts'
import { createTestClock } from '../support/test-clock.ts'
import { sdkClient, type TestServer } from '../support/test-server.ts'

type Sdk = Pick<TestServer, 'send'>

const rowCount = 8_000
const minuteMs = 60_000
const nameOf = (at: number) => `user-${String(at).padStart(5, '0')}`
const file = [
  'cognito:username,email,email_verified',
  ...Array.from({ length: rowCount }, (_, at) => `${nameOf(at)},${nameOf(at)}@example.test,true`),
].join('\n')

async function givenInstallation(engine: TestEngine) {
  const data = mkdtempSync(join(tmpdir(), 'lifeguard-kill-import-'))
  const database = await engine.createDatabase()
  return {
    argv: ['--port', '0', '--data', data, '--log-level', 'error', '--database', database.url],
    async [Symbol.asyncDispose]() {
      await database.drop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function startImport(sdk: Sdk): Promise<JobKey> {
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'killed', AutoVerifiedAttributes: ['email'] }))
  const request = { JobName: 'killed', UserPoolId: UserPool?.Id ?? '', CloudWatchLogsRoleArn: 'arn:aws:iam::123456789012:role/logs' }
  const { UserImportJob } = await sdk.send(new CreateUserImportJobCommand(request))
  assert.equal((await upload(UserImportJob?.PreSignedUrl, file)).status, 200)
  const key = { UserPoolId: request.UserPoolId, JobId: UserImportJob?.JobId ?? '' }
  await sdk.send(new StartUserImportJobCommand(key))
  return key
}

/** Polls the job until at least `before` + `more` users have been imported. */
async function progress(sdk: Sdk, key: JobKey, before: number, more: number): Promise<UserImportJobType> {
  for (;;) {
    const { UserImportJob = {} } = await sdk.send(new DescribeUserImportJobCommand(key))
    if ((UserImportJob.ImportedUsers ?? 0) >= before + more) return UserImportJob
  }
}

/** Starts an import in a process, and kills it during the job. */
async function importUntilKilled(argv: readonly string[]): Promise<JobKey> {
  await using child = new LifeguardProcess(['dev', ...argv])
  const sdk = sdkClient(await child.url(), 'us-east-1')
  try {
    const key = await startImport(sdk)
    const job = await progress(sdk, key, 0, 1000)
    assert.equal(job.Status, 'InProgress')
    child.child.kill('SIGKILL')
    await child.ended
    return key
  } finally {
    sdk.destroy()
  }
}

/** Runs a server on the same data, with its clock `minutes` ahead: by this clock, the leases of earlier servers have ended. */
async function inLaterServer<T>(
  argv: readonly string[],
  minutes: number,
  use: (server: RunningServer, sdk: Sdk) => Promise<T>,
): Promise<T> {
  const clock = createTestClock()
  clock.advance(minutes * minuteMs)
  const server = await startServer(readSettings({ argv, env: {}, command: 'dev' }), { clock })
  const sdk = sdkClient(server.url, 'us-east-1')
  try {
    return await use(server, sdk)
  } finally {
    sdk.destroy()
    await server.close()
  }
}

/** How often each username occurs in the pool. */
async function countUsers(sdk: Sdk, UserPoolId: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  let PaginationToken: string | undefined
  do {
    const page = await sdk.send(new ListUsersCommand({ UserPoolId, AttributesToGet: [], PaginationToken }))
    for (const { Username = '' } of page.Users ?? []) counts.set(Username, (counts.get(Username) ?? 0) + 1)
    PaginationToken = page.PaginationToken
  } while (PaginationToken !== undefined)
  return counts
}

for (const engine of engines) {
  describe(`A user import whose server is killed on ${engine.name}`, () => {
    it('is continued by two later servers, and imports every user once', async () => {
      await using installation = await givenInstallation(engine)
      const { argv } = installation
      const key = await importUntilKilled(argv)

      const before = await inLaterServer(argv, 1, async (_server, sdk) => {
        const { UserImportJob = {} } = await sdk.send(new DescribeUserImportJobCommand(key))
        const job = await progress(sdk, key, UserImportJob.ImportedUsers ?? 0, 1000)
        assert.equal(job.Status, 'InProgress')
        return job.ImportedUsers ?? 0
      })

      await inLaterServer(argv, 2, async (server, sdk) => {
        const job = await waitForJobStatus(sdk, key, ['Succeeded', 'Failed', 'Stopped'])
        assert.ok(before < rowCount)
        assert.deepEqual([job.Status, job.ImportedUsers, job.SkippedUsers, job.FailedUsers], ['Succeeded', rowCount, 0, 0])
        assert.deepEqual(
          await logOf(server, key),
          Array.from({ length: rowCount }, (_, at) => `[SUCCEEDED] Line Number ${at + 2} - The import succeeded.`),
        )
        const users = await countUsers(sdk, key.UserPoolId)
        assert.equal(users.size, rowCount)
        assert.deepEqual([...new Set(users.values())], [1])
        const last = await sdk.send(new AdminGetUserCommand({ UserPoolId: key.UserPoolId, Username: nameOf(rowCount - 1) }))
        assert.equal(last.UserAttributes?.find(({ Name }) => Name === 'email')?.Value, `${nameOf(rowCount - 1)}@example.test`)
      })
    })
  })
}
