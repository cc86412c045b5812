import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../test/access/request-signer.ts'
import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'
import { HttpConnection } from './http-connection.ts'

const usage = `Measures AuthorizeRequest against a bare HTTP server in Node, which reads the same request and answers with as many bytes.

  npm run bench:authorize -- [--users=100] [--seconds=6] [--concurrency=16] [--engines=sqlite,postgres]`

const password = 'Correct-horse-7'
const host = 'files.example.test'
/** V8 compiles the busy functions meanwhile. */
const warmUpSeconds = 4

/** The requests of one kind of caller, in turn. */
type Kind = { readonly name: string; readonly questions: readonly object[]; readonly isAllowed: boolean }

const service = (operation: string) => `AWSCognitoIdentityService.${operation}`

async function givenKinds(server: DevServer): Promise<readonly Kind[]> {
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'bench' })
  const UserPoolId = String((UserPool as Answer)['Id'])
  const client = { UserPoolId, ClientName: 'bench', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', client)
  const ClientId = String((UserPoolClient as Answer)['ClientId'])
  const ProviderName = `cognito-idp.us-east-1.amazonaws.com/${UserPoolId}`
  const { IdentityPoolId } = await call(server, service('CreateIdentityPool'), {
    IdentityPoolName: 'bench',
    AllowUnauthenticatedIdentities: false,
    CognitoIdentityProviders: [{ ProviderName, ClientId }],
  })
  await call(server, service('SetIdentityPoolRoles'), {
    IdentityPoolId,
    Roles: { authenticated: await givenRole(server, String(IdentityPoolId)) },
  })
  const [own, foreign, tokens]: [object[], object[], object[]] = [[], [], []]
  for (let at = 0; at < Number(flag('users') ?? 100); at++) {
    const token = await givenToken(server, { UserPoolId, ClientId }, `user-${at}`)
    const Logins = { [ProviderName]: token }
    const { IdentityId } = await call(server, service('GetId'), { IdentityPoolId, Logins })
    const { Credentials } = await call(server, service('GetCredentialsForIdentity'), { IdentityId, Logins })
    const path = `/files/${encodeURIComponent(String(IdentityId))}/note.txt`
    const signed = await sign(path, Credentials as Answer)
    own.push({ ...signed, Action: 's3:GetObject', Resource: `arn:aws:s3:::files/${IdentityId}/note.txt` })
    foreign.push({ ...signed, Action: 's3:GetObject', Resource: 'arn:aws:s3:::files/other/note.txt' })
    tokens.push({ Method: 'GET', Path: path, Headers: { host: [host], authorization: [`Bearer ${token}`] }, UserPoolId })
  }
  return [
    { name: 'signature, allowed', questions: own, isAllowed: true },
    { name: 'signature, not allowed', questions: foreign, isAllowed: false },
    { name: 'ID token', questions: tokens, isAllowed: true },
  ]
}

async function givenRole(server: DevServer, poolId: string): Promise<string> {
  const RoleArn = 'arn:aws:iam::000000000000:role/files'
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const Condition = { StringEquals: { 'cognito-identity.amazonaws.com:aud': poolId } }
  const Principal = { Federated: 'cognito-identity.amazonaws.com' }
  const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity', Condition }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy variable
  const permission = { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::files/${cognito-identity.amazonaws.com:sub}/*' }
  await call(server, 'LifeguardService.PutRole', { RoleArn, TrustPolicy: document(trust), Policies: { main: document(permission) } })
  return RoleArn
}

async function givenToken(server: DevServer, { UserPoolId, ClientId }: { UserPoolId: string; ClientId: string }, Username: string) {
  await call(server, 'AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
  await call(server, 'AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
  const AuthParameters = { USERNAME: Username, PASSWORD: password }
  const { AuthenticationResult } = await call(server, 'InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
  return String((AuthenticationResult as Answer)['IdToken'])
}

/** What the service of a signed GET passes on. */
async function sign(path: string, credentials: Answer): Promise<object> {
  const { AccessKeyId, SecretKey, SessionToken } = credentials as Record<string, string>
  const keys = { accessKeyId: AccessKeyId ?? '', secretAccessKey: SecretKey ?? '', sessionToken: SessionToken ?? '' }
  const signer = new SignatureV4({ service: 's3', region: 'us-east-1', credentials: keys, sha256: Sha256, uriEscapePath: false })
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
  const signed = await signer.sign({ method: 'GET', protocol: 'http:', hostname: host, path, query: {}, headers })
  return { Method: 'GET', Path: path, Headers: Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name, [value]])) }
}

/** Asks all the time. Returns the number of answers, and the length of the longest one. */
async function load(url: string, { questions, isAllowed }: Kind, isReal: boolean, milliseconds: number) {
  const end = performance.now() + milliseconds
  let [count, bytes] = [0, 0]
  const lane = async () => {
    const connection = await HttpConnection.open(url)
    while (performance.now() < end) {
      const { status, body } = await connection.call('LifeguardService.AuthorizeRequest', questions[count % questions.length])
      if (status !== 200 || (isReal && JSON.parse(body).Allowed !== isAllowed)) throw new Error(`The answer is ${status}: ${body}`)
      count++
      bytes = Math.max(bytes, Buffer.byteLength(body))
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: Number(flag('concurrency') ?? 16) }, lane))
  return { count, bytes }
}

async function startBare(bytes: number) {
  const child = spawn(process.execPath, ['bench/bare-http.ts', String(bytes)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { url: line.toString().trim(), stop: () => child.kill() }
}

async function cpuOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]) * 1000
}

async function measure(engine: EngineName): Promise<void> {
  await withDevServer(
    engine,
    () => [],
    async (server) => {
      for (const kind of await givenKinds(server)) {
        const { bytes } = await load(server.url, kind, true, warmUpSeconds * 1000)
        const bare = await startBare(bytes)
        await load(bare.url, kind, false, warmUpSeconds * 1000)
        const [real, least] = [
          { url: server.url, count: 0, cpu: 0 },
          { url: bare.url, count: 0, cpu: 0 },
        ]
        // By turns, because the speed of a shared machine changes from one second to the next.
        for (let second = 0; second < Number(flag('seconds') ?? 6); second++) {
          for (const one of [real, least]) {
            const before = await cpuOf(one.url)
            one.count += (await load(one.url, kind, one === real, 1000)).count
            one.cpu += (await cpuOf(one.url)) - before
          }
        }
        bare.stop()
        const [cpu, floor] = [real.cpu / real.count, least.cpu / least.count]
        const perSecond = real.count / Number(flag('seconds') ?? 6)
        console.log(
          `| ${[engine, kind.name, perSecond.toFixed(0), cpu.toFixed(3), floor.toFixed(3), (cpu / floor).toFixed(2)].join(' | ')} |`,
        )
      }
    },
  )
}

await printTable(usage, ['caller', 'a second', 'CPU ms', 'bare CPU ms', 'times'], measure)
