import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddCustomAttributesCommand,
  DeleteUserPoolCommand,
  DescribeUserImportJobCommand,
  ListUserImportJobsCommand,
  StopUserImportJobCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { dayMs } from '../../../../src/base/durations.ts'
import { adminGet } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import {
  createJob,
  csv,
  emailPool,
  givenUploadedJob,
  importFile,
  keyOf,
  logOf,
  startJob,
  upload,
  waitForJobEnd,
} from '../../../support/imports.ts'
import { rawCall } from '../../../support/raw-call.ts'
import { startTestServer, useTestServer } from '../../../support/test-server.ts'

const header = 'cognito:username,email,email_verified'
const file = csv(header, 'ana,ana@example.test,true')
/** So many rows that their import takes several seconds: requests right after the start find the job running. */
const longRows = Array.from({ length: 20_000 }, (_, at) => `user-${at},user-${at}@example.test,true`)
const longFile = csv(header, ...longRows)

const errorNamed = (name: string) => ({ name })

for (const engine of engines) {
  describe(`User import jobs on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const describeJob = async (key: ReturnType<typeof keyOf>) => (await server().send(new DescribeUserImportJobCommand(key))).UserImportJob
    const stopJob = (key: ReturnType<typeof keyOf>) => server().send(new StopUserImportJobCommand(key))

    it('are described as they were created', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const job = await createJob(server(), poolId, { JobName: 'Move in, one', PasswordHashingAlgorithm: 'SCRYPT' })
      assert.match(job.JobId ?? '', /^import-[0-9a-zA-Z-]{1,48}$/)
      assert.match(job.PreSignedUrl ?? '', new RegExp(`^${server().url}/`))
      const { JobId, PreSignedUrl, CreationDate, ...rest } = job
      assert.deepEqual(rest, {
        JobName: 'Move in, one',
        UserPoolId: poolId,
        Status: 'Created',
        CloudWatchLogsRoleArn: 'arn:aws:iam::123456789012:role/import-logs',
        ImportedUsers: 0,
        SkippedUsers: 0,
        FailedUsers: 0,
        PasswordHashingAlgorithm: 'SCRYPT',
      })
      assert.deepEqual(await describeJob(keyOf(job)), job)
    })

    it('are listed by pool, newest first, in pages', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const { poolId: other } = await server().givenPool(emailPool)
      const ids: (string | undefined)[] = []
      for (let count = 0; count < 5; count++) {
        server().clock.advance(1)
        ids.unshift((await createJob(server(), poolId)).JobId)
      }
      await createJob(server(), other)
      const listed: (string | undefined)[] = []
      let PaginationToken: string | undefined
      do {
        const page = await server().send(new ListUserImportJobsCommand({ UserPoolId: poolId, MaxResults: 2, PaginationToken }))
        assert.ok((page.UserImportJobs?.length ?? 0) <= 2)
        listed.push(...(page.UserImportJobs ?? []).map(({ JobId }) => JobId))
        PaginationToken = page.PaginationToken
      } while (PaginationToken !== undefined)
      assert.deepEqual(listed, ids)
      const foreign = server().send(new ListUserImportJobsCommand({ UserPoolId: poolId, MaxResults: 2, PaginationToken: 'abc' }))
      await assert.rejects(foreign, errorNamed('InvalidParameterException'))
    })

    it('are not found under the id of another pool', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const { poolId: other } = await server().givenPool(emailPool)
      const { JobId } = await givenUploadedJob(server(), poolId, file)
      const key = { UserPoolId: other, JobId }
      const notFound = { name: 'ResourceNotFoundException', message: `User import job ${JobId} does not exist.` }
      await assert.rejects(describeJob(key), notFound)
      await assert.rejects(startJob(server(), key), notFound)
      await assert.rejects(stopJob(key), notFound)
      const log = await rawCall(server(), 'LifeguardService.ListUserImportLog', key)
      assert.deepEqual([log.status, log.body['__type']], [400, 'ResourceNotFoundException'])
    })

    it('are not created for an unknown pool, nor for a pool that verifies no attribute', async () => {
      const { poolId } = await server().givenPool()
      await assert.rejects(createJob(server(), poolId), errorNamed('PreconditionNotMetException'))
      await assert.rejects(createJob(server(), 'us-east-1_nowhere00'), errorNamed('ResourceNotFoundException'))
    })

    it('start only once, and only after an upload', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const job = await createJob(server(), poolId)
      const noFile = { name: 'PreconditionNotMetException', message: `No csv file was uploaded for ${job.JobId}` }
      await assert.rejects(startJob(server(), keyOf(job)), noFile)
      await assert.rejects(stopJob(keyOf(job)), errorNamed('PreconditionNotMetException'))
      await upload(job.PreSignedUrl, file)
      const { UserImportJob: started } = await startJob(server(), keyOf(job))
      assert.equal(started?.Status, 'Pending')
      assert.equal((await waitForJobEnd(server(), keyOf(job))).Status, 'Succeeded')
      await assert.rejects(startJob(server(), keyOf(job)), errorNamed('PreconditionNotMetException'))
      await assert.rejects(stopJob(keyOf(job)), errorNamed('PreconditionNotMetException'))
    })

    it('run one at a time, can be stopped, and block changes of their pool while they run', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const { poolId: other } = await server().givenPool(emailPool)
      const waiting = await givenUploadedJob(server(), other, file)
      const key = await givenUploadedJob(server(), poolId, longFile)
      await startJob(server(), key)

      const inProgress = errorNamed('UserImportInProgressException')
      await assert.rejects(server().send(new UpdateUserPoolCommand({ UserPoolId: poolId })), inProgress)
      const attribute = { Name: 'late', AttributeDataType: 'String' as const }
      const extension = new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes: [attribute] })
      await assert.rejects(server().send(extension), inProgress)
      await assert.rejects(server().send(new DeleteUserPoolCommand({ UserPoolId: poolId })), inProgress)
      await server().send(new AddCustomAttributesCommand({ UserPoolId: other, CustomAttributes: [attribute] }))
      await assert.rejects(startJob(server(), waiting), errorNamed('PreconditionNotMetException'))

      assert.equal((await stopJob(key)).UserImportJob?.Status, 'Stopping')
      const stopped = await waitForJobEnd(server(), key)
      assert.deepEqual([stopped.Status, stopped.CompletionMessage], ['Stopped', 'The Import Job was stopped by the developer.'])
      const imported = stopped.ImportedUsers ?? 0
      assert.ok(imported < longRows.length, `${imported} of ${longRows.length} before the stop`)
      assert.equal((await logOf(server(), key)).length, imported)

      await server().send(extension)
      await startJob(server(), waiting)
      assert.equal((await waitForJobEnd(server(), waiting)).ImportedUsers, 1)
      // A new job skips the users who were imported before the stop, and imports the missing users.
      const again = await importFile(server(), poolId, longFile)
      assert.deepEqual([again.SkippedUsers, again.ImportedUsers], [imported, longRows.length - imported])
      assert.equal((await adminGet(server(), poolId, 'user-19999')).UserStatus, 'RESET_REQUIRED')
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
    })

    it('expire when they are not started within a day', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const key = await givenUploadedJob(server(), poolId, file)
      server().clock.advance(dayMs)
      assert.equal((await describeJob(key))?.Status, 'Expired')
      assert.equal((await describeJob(key))?.PreSignedUrl, undefined)
      await assert.rejects(startJob(server(), key), errorNamed('PreconditionNotMetException'))
    })
  })

  describe(`The quota of import jobs on ${engine.name}`, () => {
    it('limits the jobs of each pool separately', async () => {
      await using server = await startTestServer(engine, { flags: ['--quotas', '{"importJobsPerPool":1}'] })
      const { poolId } = await server.givenPool(emailPool)
      await createJob(server, poolId)
      await assert.rejects(createJob(server, poolId), errorNamed('LimitExceededException'))
      await createJob(server, (await server.givenPool(emailPool)).poolId)
    })
  })
}
