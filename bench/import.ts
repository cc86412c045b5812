import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'

const usage = `Measures a user import: rows a second, peak memory of the server, and how long other requests wait meanwhile.

  npm run bench:import -- [--rows=100000] [--engines=sqlite,postgres] [--format=csv|lifeguard|firebase]`

const formats = ['csv', 'lifeguard', 'firebase'] as const
type Format = (typeof formats)[number]
const format: Format = formats.find((name) => name === flag('format')) ?? 'csv'

/** A row of about 120 bytes, or a record of some 300 bytes with a password hash. */
function rowOf(at: number): string {
  const name = `user-${String(at).padStart(8, '0')}`
  const email = `${name}@example.test`
  const id = `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`
  const hash = '$2a$06$abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC'
  if (format === 'lifeguard') {
    const attributes = { email, email_verified: 'true', given_name: 'Ana', name: `Ana Number ${at}` }
    const password = { algorithm: 'BCRYPT', hash }
    return `${JSON.stringify({ username: name, sub: id, status: 'CONFIRMED', attributes, password, groups: ['people'] })}\n`
  }
  if (format === 'firebase') {
    const user = { localId: id, email, emailVerified: true, displayName: `Ana Number ${at}`, createdAt: '1577934245678' }
    return `${at === 0 ? '' : ','}${JSON.stringify({ ...user, passwordHash: 'A'.repeat(86), salt: 'c2FsdA==' })}`
  }
  return `${name},${name}@example.test,true,Ana,Number ${at},Ana Number ${at}\\, of the north,02/28/1990\n`
}

const headers: Readonly<Record<Format, string>> = {
  csv: 'cognito:username,email,email_verified,given_name,family_name,name,birthdate\n',
  lifeguard: '{"lifeguard":"users","version":1}\n',
  firebase: '{"users":[',
}

function* pieces(rows: number): Generator<Buffer> {
  yield Buffer.from(headers[format])
  const perPiece = 500
  for (let first = 0; first < rows; first += perPiece) {
    const count = Math.min(perPiece, rows - first)
    yield Buffer.from(Array.from({ length: count }, (_, offset) => rowOf(first + offset)).join(''))
  }
  if (format === 'firebase') yield Buffer.from(']}')
}

/** The peak memory in megabytes, as the kernel reports it. */
function peakMemory({ child }: DevServer): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1000
}

async function givenJob(server: DevServer): Promise<{ UserPoolId: string; JobId: string; url: string }> {
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'bench', AutoVerifiedAttributes: ['email'] })
  const UserPoolId = String((UserPool as Answer)['Id'])
  if (format !== 'csv') return givenRecordsJob(server, UserPoolId)
  const CloudWatchLogsRoleArn = 'arn:aws:iam::123456789012:role/logs'
  const { UserImportJob } = await call(server, 'CreateUserImportJob', { JobName: 'bench', UserPoolId, CloudWatchLogsRoleArn })
  const { JobId, PreSignedUrl } = UserImportJob as Answer
  return { UserPoolId, JobId: String(JobId), url: String(PreSignedUrl) }
}

/** The signer key of 64 bytes gives hashes that can be read, as those of a Firebase project. */
const FirebaseHash = { SignerKey: Buffer.alloc(64, 1).toString('base64'), SaltSeparator: 'Bw==', Rounds: 8, MemoryCost: 14 }

async function givenRecordsJob(server: DevServer, UserPoolId: string) {
  const request = { JobName: 'bench', UserPoolId, Format: format.toUpperCase(), FirebaseHash }
  const { UserRecordsImportJob } = await call(server, 'LifeguardService.CreateUserRecordsImportJob', request)
  const { JobId, PreSignedUrl } = UserRecordsImportJob as Answer
  return { UserPoolId, JobId: String(JobId), url: String(PreSignedUrl) }
}

async function upload(url: string, rows: number): Promise<number> {
  const started = performance.now()
  const body = Readable.toWeb(Readable.from(pieces(rows)))
  const response = await fetch(url, { method: 'PUT', body: body as ReadableStream, duplex: 'half' })
  if (!response.ok) throw new Error(`The upload was answered with ${response.status}: ${await response.text()}`)
  return (performance.now() - started) / 1000
}

/** Seconds until the job has ended, and the milliseconds that other requests waited meanwhile, shortest first. */
async function runJob(server: DevServer, key: { UserPoolId: string; JobId: string }, rows: number) {
  const started = performance.now()
  await call(server, 'StartUserImportJob', key)
  const waits: number[] = []
  for (;;) {
    const asked = performance.now()
    const job = (await call(server, 'DescribeUserImportJob', key))['UserImportJob'] as Answer
    waits.push(performance.now() - asked)
    if (job['CompletionDate'] === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      continue
    }
    if (job['ImportedUsers'] !== rows) throw new Error(`Not all were imported: ${JSON.stringify(job)}`)
    return { seconds: (performance.now() - started) / 1000, waits: waits.sort((a, b) => a - b) }
  }
}

async function measure(name: EngineName): Promise<void> {
  const rows = Number(flag('rows') ?? 100_000)
  const quotas = JSON.stringify({ importRows: rows, importMegabytes: 100_000 })
  await withDevServer(
    name,
    () => ['--quotas', quotas],
    async (server) => {
      const { url, ...key } = await givenJob(server)
      const before = peakMemory(server)
      const uploadSeconds = await upload(url, rows)
      const { seconds, waits } = await runJob(server, key, rows)
      const wait = (share: number) => waits[Math.floor((waits.length - 1) * share)]?.toFixed(1)
      const cells = [name, rows, uploadSeconds.toFixed(1), seconds.toFixed(1), (rows / seconds).toFixed(0)]
      console.log(`| ${[...cells, before.toFixed(0), peakMemory(server).toFixed(0), wait(0.5), wait(0.99)].join(' | ')} |`)
    },
  )
}

const columns = ['rows', 'upload s', 'import s', 'rows/s', 'MB before', 'MB peak', 'request median ms', 'request p99 ms']
await printTable(usage, columns, measure)
