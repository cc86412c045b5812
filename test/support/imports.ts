import {
  CreateUserImportJobCommand,
  type CreateUserImportJobCommandInput,
  DescribeUserImportJobCommand,
  StartUserImportJobCommand,
  type UserImportJobType,
} from '@aws-sdk/client-cognito-identity-provider'
import { rawCall } from './raw-call.ts'
import type { TestServer } from './test-server.ts'

export type JobKey = { readonly UserPoolId: string; readonly JobId: string }

const roleArn = 'arn:aws:iam::123456789012:role/import-logs'

type JobWish = Partial<CreateUserImportJobCommandInput>

export async function createJob(server: TestServer, poolId: string, wish: JobWish = {}): Promise<UserImportJobType> {
  const request = { JobName: 'test', UserPoolId: poolId, CloudWatchLogsRoleArn: roleArn, ...wish }
  const { UserImportJob } = await server.send(new CreateUserImportJobCommand(request))
  if (UserImportJob === undefined) throw new Error('CreateUserImportJob answered without a job')
  return UserImportJob
}

export function keyOf({ UserPoolId, JobId }: UserImportJobType): JobKey {
  if (UserPoolId === undefined || JobId === undefined) throw new Error('A job without its ids')
  return { UserPoolId, JobId }
}

/** As Cognito's documentation tells users to: with a header for S3. */
export function upload(url: string | undefined, file: RequestInit['body']): Promise<Response> {
  if (url === undefined) throw new Error('No address to send the file to')
  return fetch(url, { method: 'PUT', body: file ?? '', headers: { 'x-amz-server-side-encryption': 'aws:kms' }, duplex: 'half' })
}

/** A job with its file, not started. */
export async function givenUploadedJob(server: TestServer, poolId: string, file: RequestInit['body'], wish?: JobWish): Promise<JobKey> {
  const job = await createJob(server, poolId, wish)
  const { status } = await upload(job.PreSignedUrl, file)
  if (status !== 200) throw new Error(`The upload was answered with ${status}`)
  return keyOf(job)
}

export const startJob = (server: TestServer, key: JobKey) => server.send(new StartUserImportJobCommand(key))

/** Asks until the job has one of these statuses. */
export async function jobOnce(server: Pick<TestServer, 'send'>, key: JobKey, statuses: readonly string[]): Promise<UserImportJobType> {
  for (;;) {
    const { UserImportJob } = await server.send(new DescribeUserImportJobCommand(key))
    if (UserImportJob?.Status === undefined) throw new Error('DescribeUserImportJob answered without a status')
    if (statuses.includes(UserImportJob.Status)) return UserImportJob
  }
}

export const jobEnd = (server: Pick<TestServer, 'send'>, key: JobKey) => jobOnce(server, key, ['Succeeded', 'Failed', 'Stopped'])

/** Uploads, starts, and waits for the end. */
export async function importFile(
  server: TestServer,
  poolId: string,
  file: RequestInit['body'],
  wish?: JobWish,
): Promise<UserImportJobType> {
  const key = await givenUploadedJob(server, poolId, file, wish)
  await startJob(server, key)
  return jobEnd(server, key)
}

/** The whole log, page by page. */
export async function logOf(server: Pick<TestServer, 'url'>, key: JobKey): Promise<string[]> {
  const lines: string[] = []
  let NextToken: unknown
  do {
    const answer = await rawCall(server, 'LifeguardService.ListUserImportLog', {
      ...key,
      ...(NextToken === undefined ? {} : { NextToken }),
    })
    if (answer.status !== 200) throw new Error(answer.text)
    lines.push(...(answer.body['Lines'] as string[]))
    NextToken = answer.body['NextToken']
  } while (NextToken !== undefined)
  return lines
}

/** A file of rows under a header. */
export const csv = (header: string, ...rows: readonly string[]) => [header, ...rows].join('\n')

export const emailPool = { pool: { AutoVerifiedAttributes: ['email' as const] } }
