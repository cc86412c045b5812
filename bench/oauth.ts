import { createHmac } from 'node:crypto'
import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'
import { HttpConnection } from './http-connection.ts'
import { createFloorMeter, type Floor, passwordFloor } from './powers.ts'

const usage = `Measures tokens of clients (one signature each), refreshes (two), and whole sign-ins on the hosted pages: authorization
endpoint, sign-in page, its form, and the code's exchange (two signatures and one power).

  npm run bench:oauth -- [--seconds=8] [--concurrency=16] [--warm-up=8000] [--engines=sqlite,postgres]`

const users = 50
const scopes = ['https://api.test/read', 'https://api.test/write']
const password = 'Correct-horse-7'

type Client = { readonly id: string; readonly secret: string }

/** One kind of work. `floorOf` is the processor time of the cryptography that it needs. */
type Kind = {
  readonly name: string
  floorOf(floor: Floor): number
  run(server: DevServer, connection: HttpConnection, at: number): Promise<void>
}

async function createClient(server: DevServer, UserPoolId: string, more: object): Promise<Client> {
  const request = { UserPoolId, ClientName: 'bench', GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true, ...more }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', request)
  const { ClientId, ClientSecret } = UserPoolClient as Answer
  return { id: String(ClientId), secret: String(ClientSecret) }
}

const basic = ({ id, secret }: Client) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

async function givenKinds(server: DevServer): Promise<readonly Kind[]> {
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'bench' })
  const UserPoolId = String((UserPool as Answer)['Id'])
  const Scopes = ['read', 'write'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName }))
  await call(server, 'CreateResourceServer', { UserPoolId, Identifier: 'https://api.test', Name: 'api', Scopes })
  const machine = await createClient(server, UserPoolId, { AllowedOAuthFlows: ['client_credentials'], AllowedOAuthScopes: scopes })
  const ExplicitAuthFlows = ['ALLOW_ADMIN_USER_PASSWORD_AUTH']
  const code = { AllowedOAuthFlows: ['code'], AllowedOAuthScopes: ['openid'], CallbackURLs: ['https://app.test/'], ExplicitAuthFlows }
  const web = await createClient(server, UserPoolId, code)
  const tokens = await Promise.all(Array.from({ length: users }, (_, at) => givenRefreshToken(server, UserPoolId, web, `user-${at}`)))
  return [
    {
      name: 'client_credentials',
      floorOf: (floor) => floor.signatureMilliseconds,
      run: tokenRequest(machine, () => 'grant_type=client_credentials'),
    },
    {
      name: 'refresh_token',
      floorOf: (floor) => 2 * floor.signatureMilliseconds,
      run: tokenRequest(web, (at) => `grant_type=refresh_token&refresh_token=${tokens[at % users]}`),
    },
    {
      name: 'sign-in on the pages',
      floorOf: passwordFloor,
      run: (server, connection, at) => signInOnPages(server, connection, web, `user-${at % users}`),
    },
  ]
}

function tokenRequest(client: Client, formOf: (at: number) => string): Kind['run'] {
  return async (_server, connection, at) => {
    const { status, body } = await connection.post('/oauth2/token', basic(client), formOf(at))
    if (status !== 200) throw new Error(`The token endpoint answered ${status}: ${body}`)
  }
}

/** What a browser without cookies and an app do in one sign-in. */
async function signInOnPages({ url }: DevServer, connection: HttpConnection, client: Client, username: string): Promise<void> {
  const query = new URLSearchParams({ client_id: client.id, redirect_uri: 'https://app.test/', response_type: 'code', scope: 'openid' })
  const login = await visit(`${url}/oauth2/authorize?${query}`)
  const page = await visit(`${url}${login.location}`)
  const [cookie = ''] = page.cookies
  const csrf = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const form = new URLSearchParams({ _csrf: csrf, username, password })
  const headers = { cookie: cookie.split(';')[0] ?? '' }
  const back = await visit(`${url}${login.location}`, { method: 'POST', body: form, headers })
  const code = new URL(back.location).searchParams.get('code') ?? ''
  await tokenRequest(client, () => `grant_type=authorization_code&redirect_uri=https://app.test/&code=${code}`)(
    { url } as DevServer,
    connection,
    0,
  )
}

async function visit(address: string, init: RequestInit = {}) {
  const answer = await fetch(address, { ...init, redirect: 'manual' })
  return { location: answer.headers.get('location') ?? '', cookies: answer.headers.getSetCookie(), text: await answer.text() }
}

async function givenRefreshToken(server: DevServer, UserPoolId: string, client: Client, Username: string): Promise<string> {
  await call(server, 'AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
  await call(server, 'AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
  const AuthParameters = { USERNAME: Username, PASSWORD: password, SECRET_HASH: secretHash(client, Username) }
  const request = { UserPoolId, ClientId: client.id, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }
  const { AuthenticationResult } = await call(server, 'AdminInitiateAuth', request)
  return String((AuthenticationResult as Answer)['RefreshToken'])
}

function secretHash({ id, secret }: Client, username: string): string {
  return createHmac('sha256', secret).update(`${username}${id}`).digest('base64')
}

/** The processor time that the server has used, in milliseconds. */
async function cpuOf({ url }: DevServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]) * 1000
}

/** Sends requests until `isOver` says so after one of them. Returns the milliseconds that each took. */
async function load(server: DevServer, kind: Kind, concurrency: number, isOver: (done: number) => boolean): Promise<number[]> {
  const waits: number[] = []
  const lane = async () => {
    const connection = new HttpConnection(server.url)
    while (!isOver(waits.length)) {
      const began = performance.now()
      await kind.run(server, connection, waits.length)
      waits.push(performance.now() - began)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return waits
}

async function measure(engine: EngineName): Promise<void> {
  const [seconds, concurrency, warmUp] = [Number(flag('seconds') ?? 8), Number(flag('concurrency') ?? 16), Number(flag('warm-up') ?? 8000)]
  await withDevServer(
    engine,
    () => [],
    async (server) => {
      for (const kind of await givenKinds(server)) {
        await load(server, kind, concurrency, (done) => done >= warmUp)
        await cpuOf(server)
        const meter = await createFloorMeter()
        const before = await cpuOf(server)
        const waits: number[] = []
        let loaded = 0
        for (let second = 0; second < seconds; second++) {
          await meter.round()
          const began = performance.now()
          waits.push(...(await load(server, kind, concurrency, () => performance.now() > began + 1000)))
          loaded += (performance.now() - began) / 1000
        }
        const cpu = ((await cpuOf(server)) - before) / waits.length
        const floor = kind.floorOf(meter.floor())
        waits.sort((a, b) => a - b)
        const [median, p99] = [0.5, 0.99].map((share) => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(1))
        const figures = [(waits.length / loaded).toFixed(0), median, p99, cpu.toFixed(2), floor.toFixed(2), (floor / cpu).toFixed(2)]
        console.log(`| ${engine} | ${kind.name} | ${figures.join(' | ')} |`)
      }
    },
  )
}

await printTable(usage, ['what', 'a second', 'p50 ms', 'p99 ms', 'CPU ms', 'floor ms', 'efficiency'], measure)
