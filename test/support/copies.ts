import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ReportResult } from '../../src/portability/copy/copy-report.ts'
import { type Ended, LifeguardProcess, masterKey } from '../cli/lifeguard-process.ts'
import { scratchFolder } from './scratch.ts'
import type { TestServer } from './test-server.ts'

/** The environment of a server whose database the command opens. */
export const copyEnvironment = { LIFEGUARD_MASTER_KEY: masterKey }

const credentials = { AWS_ACCESS_KEY_ID: 'AKIAANYCREDENTIALS00', AWS_SECRET_ACCESS_KEY: 'any' }
let reports = 0

export type CopyRun = Ended & { readonly report: ReportResult }

/** Starts `copy-from-cognito` in another process, on the database of the running server. */
export function startCopy(here: TestServer, endpoint: string, poolId: string, flags: readonly string[] = []): LifeguardProcess {
  const args = ['copy-from-cognito', '--pool', poolId, '--endpoint', endpoint, '--database', here.databaseUrl, ...flags]
  return new LifeguardProcess(args, { ...process.env, ...copyEnvironment, ...credentials })
}

/** Runs the command to its end, and reads its report. @throws Error when the command fails */
export async function copyPool(
  here: TestServer,
  there: Pick<TestServer, 'url'>,
  poolId: string,
  flags: readonly string[] = [],
): Promise<CopyRun> {
  const file = join(scratchFolder(), `copy-report-${process.pid}-${reports++}.json`)
  const ended = await startCopy(here, there.url, poolId, ['--report', file, ...flags]).ended
  if (ended.code !== 0) throw new Error(`copy-from-cognito ended with ${ended.code}: ${ended.stderr}`)
  const report = JSON.parse(readFileSync(file, 'utf8')) as ReportResult
  rmSync(file)
  return { ...ended, report }
}
