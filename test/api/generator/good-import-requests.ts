import type { OperationName } from '../../../src/contract/operation.ts'
import { csv, emailPool, upload } from '../../support/imports.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import { send } from './send.ts'
import type { World } from './world.ts'

const roleArn = 'arn:aws:iam::123456789012:role/import-logs'
const header = 'cognito:username,email,email_verified'

const hash = { SignerKey: 'c2lnbmVy', SaltSeparator: 'Bw==', Rounds: 8, MemoryCost: 14 }

const importPools = new WeakMap<World, Promise<string>>()

/** A separate pool, because a pool with a running import job cannot be changed. */
async function importPool(world: World): Promise<{ UserPoolId: string }> {
  const pool = importPools.get(world) ?? world.server.givenPool(emailPool).then(({ poolId }) => poolId)
  importPools.set(world, pool)
  return { UserPoolId: await pool }
}

async function newJob(world: World) {
  return { ...(await importPool(world)), JobName: world.newName(), CloudWatchLogsRoleArn: roleArn }
}

type Job = { readonly JobId: string; readonly PreSignedUrl: string; readonly Status: string }

async function givenJob(world: World): Promise<{ key: { UserPoolId: string; JobId: string }; job: Job }> {
  const request = await newJob(world)
  const { UserImportJob } = await mustSucceed(world, 'CreateUserImportJob', request)
  const job = UserImportJob as Job
  return { key: { UserPoolId: request.UserPoolId, JobId: job.JobId }, job }
}

const ofJob: RequestFactory = async (world) => (await givenJob(world)).key

/** A job with a file of `rows` rows. Waits until no other job is running. */
async function startableJob(world: World, rows: number) {
  const { key, job } = await givenJob(world)
  const users = Array.from({ length: rows }, (_, at) => `${job.JobId}-${at},${at}@example.test,true`)
  await upload(job.PreSignedUrl, csv(header, ...users))
  while (await isImporting(world)) await Promise.resolve()
  return key
}

async function isImporting(world: World): Promise<boolean> {
  const { UserImportJobs } = await mustSucceed(world, 'ListUserImportJobs', { ...(await importPool(world)), MaxResults: 60 })
  return (UserImportJobs as Job[]).some(({ Status }) => ['Pending', 'InProgress', 'Stopping'].includes(Status))
}

/** For each operation on import jobs, a function that creates a request which succeeds. */
export const importRequests: Partial<Record<OperationName, RequestFactory>> = {
  CreateUserImportJob: newJob,
  CreateUserRecordsImportJob: async (world) => ({
    ...(await importPool(world)),
    JobName: world.newName(),
    Format: 'FIREBASE',
    FirebaseHash: hash,
  }),
  DescribeUserImportJob: ofJob,
  ListUserImportJobs: async (world) => ({ ...(await importPool(world)), MaxResults: 10 }),
  ListUserImportLog: ofJob,
  StartUserImportJob: (world) => startableJob(world, 1),
  StopUserImportJob: async (world) => {
    const key = await startableJob(world, 3000)
    // Tries again while another job runs: concurrent requests start jobs, too, and only one job can run at a time.
    while ((await send(world.server, 'StartUserImportJob', key)).status !== 200) await Promise.resolve()
    return key
  },
}
