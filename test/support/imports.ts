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

type JobInput = Partial<CreateUserImportJobCommandInput>

export async function createJob(server: TestServer, poolId: string, input: JobInput = {}): Promise<UserImportJobType> {
  const request = { JobName: 'test', UserPoolId: poolId, CloudWatchLogsRoleArn: roleArn, ...input }
  const { UserImportJob } = await server.send(new CreateUserImportJobCommand(request))
  if (UserImportJob === undefined) throw new Error('CreateUserImportJob answered without a job')
  return UserImportJob
}

export function keyOf({ UserPoolId, JobId }: UserImportJobType): JobKey {
  if (UserPoolId === undefined || JobId === undefined) throw new Error('The job has no ids')
  return { UserPoolId, JobId }
}

/** Uploads a file with the header for S3 that Cognito's documentation asks for. */
export function upload(url: string | undefined, file: RequestInit['body']): Promise<Response> {
  if (url === undefined) throw new Error('The job has no PreSignedUrl')
  return fetch(url, { method: 'PUT', body: file ?? '', headers: { 'x-amz-server-side-encryption': 'aws:kms' }, duplex: 'half' })
}

/** A job whose file is uploaded, and which is not started. */
export async function givenUploadedJob(server: TestServer, poolId: string, file: RequestInit['body'], input?: JobInput): Promise<JobKey> {
  const job = await createJob(server, poolId, input)
  const { status } = await upload(job.PreSignedUrl, file)
  if (status !== 200) throw new Error(`The upload was answered with ${status}`)
  return keyOf(job)
}

export const startJob = (server: TestServer, key: JobKey) => server.send(new StartUserImportJobCommand(key))

/** Polls until the job has one of these statuses. */
export async function waitForJobStatus(
  server: Pick<TestServer, 'send'>,
  key: JobKey,
  statuses: readonly string[],
): Promise<UserImportJobType> {
  for (;;) {
    const { UserImportJob } = await server.send(new DescribeUserImportJobCommand(key))
    if (UserImportJob?.Status === undefined) throw new Error('DescribeUserImportJob answered without a status')
    if (statuses.includes(UserImportJob.Status)) return UserImportJob
  }
}

export const waitForJobEnd = (server: Pick<TestServer, 'send'>, key: JobKey) =>
  waitForJobStatus(server, key, ['Succeeded', 'Failed', 'Stopped'])

/** Uploads a file, starts the job and waits for its end. */
export async function importFile(
  server: TestServer,
  poolId: string,
  file: RequestInit['body'],
  input?: JobInput,
): Promise<UserImportJobType> {
  const key = await givenUploadedJob(server, poolId, file, input)
  await startJob(server, key)
  return waitForJobEnd(server, key)
}

/** All lines of the job's log, read page by page. */
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

/** The text of a CSV file with these lines. */
export const csv = (header: string, ...rows: readonly string[]) => [header, ...rows].join('\n')

export const emailPool = { pool: { AutoVerifiedAttributes: ['email' as const] } }
