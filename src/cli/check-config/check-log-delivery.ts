import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Settings } from '../../settings.ts'
import { findConnectProblem } from './connect.ts'
import { error, type Finding, ok } from './finding.ts'

/** Looks whether the file of the events can be written, and connects to the servers that stand for AWS. Writes and sends nothing. */
export async function checkLogDelivery(settings: Settings): Promise<readonly Finding[]> {
  const { authEventsFile, awsLogDelivery, cloudWatchLogsEndpoint, s3Endpoint, firehoseEndpoint } = settings
  const endpoints = {
    '--cloudwatch-logs-endpoint': cloudWatchLogsEndpoint,
    '--s3-endpoint': s3Endpoint,
    '--firehose-endpoint': firehoseEndpoint,
  }
  const findings = await Promise.all([
    ...(authEventsFile === undefined ? [] : [fileFinding(resolve(authEventsFile))]),
    ...Object.entries(endpoints).map(([flag, url]) => url && endpointFinding(flag, url)),
  ])
  const found = findings.filter((finding) => finding !== undefined && finding !== '')
  if (awsLogDelivery) found.push(ok('--aws-log-delivery: logs of pools go to AWS. Its credentials were not tried.'))
  return found
}

async function fileFinding(file: string): Promise<Finding> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  )
  try {
    await access(exists ? file : dirname(file), constants.W_OK)
    return ok(`--auth-events-file: ${file} can be written.`)
  } catch (thrown) {
    return error(`--auth-events-file: ${file} cannot be written (${(thrown as NodeJS.ErrnoException).code}).`)
  }
}

async function endpointFinding(flag: string, url: string): Promise<Finding> {
  const { host } = new URL(url)
  const problem = await findConnectProblem(url)
  if (problem !== undefined) return error(`${flag}: the server ${host} cannot be used: ${problem}.`)
  return ok(`${flag}: the server ${host} accepts connections. Its credentials were not tried.`)
}
