import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'
import { HttpConnection } from './http-connection.ts'

const usage = `Measures how many pairs of GetId and GetCredentialsForIdentity a server answers, for users with ID tokens of a user pool and for guests.

  npm run bench:identity-pools -- [--users=200] [--concurrency=1,32] [--seconds=8] [--engines=sqlite,postgres]`

const password = 'Correct-horse-7'
const account = '000000000000'
/** V8 compiles the busy functions meanwhile. */
const warmUpSeconds = 5

const service = (operation: string) => `AWSCognitoIdentityService.${operation}`

/** A request for credentials: `Logins`, or undefined for a guest. */
type Caller = { readonly Logins: Readonly<Record<string, string>> | undefined }

/** A user pool with users, and an identity pool with roles. Returns the id of the identity pool and the login of each user. */
async function givenIdentityPool(server: DevServer, users: number): Promise<{ poolId: string; logins: readonly Caller[] }> {
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'bench' })
  const UserPoolId = String((UserPool as Answer)['Id'])
  const client = { UserPoolId, ClientName: 'bench', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', client)
  const ClientId = String((UserPoolClient as Answer)['ClientId'])
  const ProviderName = `cognito-idp.us-east-1.amazonaws.com/${UserPoolId}`
  const { IdentityPoolId } = await call(server, service('CreateIdentityPool'), {
    IdentityPoolName: 'bench',
    AllowUnauthenticatedIdentities: true,
    CognitoIdentityProviders: [{ ProviderName, ClientId }],
  })
  const poolId = String(IdentityPoolId)
  const Roles = {
    authenticated: await givenRole(server, poolId, 'authenticated'),
    unauthenticated: await givenRole(server, poolId, 'unauthenticated'),
  }
  await call(server, service('SetIdentityPoolRoles'), { IdentityPoolId: poolId, Roles })
  const logins: Caller[] = []
  for (let index = 0; index < users; index++) {
    const Username = `user-${index}`
    await call(server, 'AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
    await call(server, 'AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
    const AuthParameters = { USERNAME: Username, PASSWORD: password }
    const { AuthenticationResult } = await call(server, 'InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
    logins.push({ Logins: { [ProviderName]: String((AuthenticationResult as Answer)['IdToken']) } })
  }
  return { poolId, logins }
}

async function givenRole(server: DevServer, poolId: string, amr: string): Promise<string> {
  const RoleArn = `arn:aws:iam::${account}:role/${amr}`
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const Condition = {
    StringEquals: { 'cognito-identity.amazonaws.com:aud': poolId },
    'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': amr },
  }
  const Principal = { Federated: 'cognito-identity.amazonaws.com' }
  const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity', Condition }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy variable
  const permission = { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::files/${cognito-identity.amazonaws.com:sub}/*' }
  await call(server, 'LifeguardService.PutRole', { RoleArn, TrustPolicy: document(trust), Policies: { main: document(permission) } })
  return RoleArn
}

async function callOn(connection: HttpConnection, operation: string, request: object): Promise<Answer> {
  const { status, body } = await connection.call(service(operation), request)
  if (status !== 200) throw new Error(`${operation} answered ${status}: ${body}`)
  return JSON.parse(body) as Answer
}

/** Asks for credentials all the time, over `concurrency` connections. Returns the milliseconds of each pair of requests, shortest first. */
async function pairsOf(url: string, IdentityPoolId: string, callers: readonly Caller[], load: { concurrency: number; seconds: number }) {
  const end = performance.now() + load.seconds * 1000
  const times: number[] = []
  const lane = async (_: unknown, first: number) => {
    const connection = await HttpConnection.open(url)
    for (let at = first; performance.now() < end; at += load.concurrency) {
      const { Logins } = callers[at % callers.length] ?? { Logins: undefined }
      const started = performance.now()
      const { IdentityId } = await callOn(connection, 'GetId', { IdentityPoolId, Logins })
      const { Credentials } = await callOn(connection, 'GetCredentialsForIdentity', { IdentityId, Logins })
      if (!(Credentials as Answer | undefined)?.['SessionToken']) throw new Error('There are no credentials in the answer.')
      times.push(performance.now() - started)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: load.concurrency }, lane))
  return times.sort((one, other) => one - other)
}

/** The milliseconds of processor time that the server has used since its start. */
async function cpuOf({ url }: DevServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]) * 1000
}

async function measure(name: EngineName): Promise<void> {
  const seconds = Number(flag('seconds') ?? 8)
  const concurrencies = (flag('concurrency') ?? '1,32').split(',').map(Number)
  await withDevServer(
    name,
    () => [],
    async (server) => {
      const { poolId, logins } = await givenIdentityPool(server, Number(flag('users') ?? 200))
      for (const [who, callers] of [
        ['users', logins],
        ['guests', [{ Logins: undefined }]],
      ] as const) {
        await pairsOf(server.url, poolId, callers, { concurrency: 32, seconds: warmUpSeconds })
        for (const concurrency of concurrencies) {
          const before = await cpuOf(server)
          const started = performance.now()
          const times = await pairsOf(server.url, poolId, callers, { concurrency, seconds })
          const perSecond = times.length / ((performance.now() - started) / 1000)
          const cpu = ((await cpuOf(server)) - before) / times.length
          const at = (share: number) => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(1)
          console.log(`| ${[name, who, concurrency, perSecond.toFixed(0), cpu.toFixed(2), at(0.5), at(0.99)].join(' | ')} |`)
        }
      }
    },
  )
}

await printTable(usage, ['who', 'at a time', 'pairs a second', 'CPU ms each', 'median ms', 'p99 ms'], measure)
