import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CognitoIdentityProviderClient, ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { Amplify } from 'aws-amplify'
import { resetPassword } from 'aws-amplify/auth'
import { authenticate, openBrowser } from '../../support/cognito-user.ts'
import { engines } from '../../support/engines.ts'
import { jsonContentType, rawRequest } from '../../support/raw-call.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const origin = 'https://app.example.test'
const target = 'AWSCognitoIdentityProviderService.InitiateAuth'

type Ids = { readonly poolId: string; readonly clientId: string }

/** The names of the headers that `work` sends by `fetch`, as amazon-cognito-identity-js and Amplify do in a page. */
async function headersSentBy(work: () => Promise<unknown>): Promise<string[]> {
  const { fetch } = globalThis
  const names = new Set<string>()
  globalThis.fetch = (input, init) => {
    for (const name of new Headers(init?.headers).keys()) names.add(name)
    return fetch(input, init)
  }
  try {
    await work()
  } finally {
    globalThis.fetch = fetch
  }
  return [...names]
}

/** For each library, a function that sends requests to the server and returns the names of their headers. */
const libraries: Readonly<Record<string, (server: TestServer, ids: Ids) => Promise<string[]>>> = {
  'amazon-cognito-identity-js': (server, ids) => headersSentBy(() => authenticate(openBrowser(server, ids).user('ana'), goodPassword)),

  async 'aws-amplify'(server, { poolId, clientId }) {
    Amplify.configure({ Auth: { Cognito: { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: server.url } } })
    return headersSentBy(() => resetPassword({ username: 'ana' }).catch(() => undefined))
  },

  async 'the AWS SDK with a temporary access key'(server) {
    const names = new Set<string>()
    const credentials = { accessKeyId: 'AKIAANYCREDENTIALS00', secretAccessKey: 'any', sessionToken: 'any' }
    const client = new CognitoIdentityProviderClient({ endpoint: server.url, region: server.region, credentials })
    client.middlewareStack.add(
      (next) => (args) => {
        for (const name of Object.keys((args.request as { headers: object }).headers)) names.add(name.toLowerCase())
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    await client.send(new ListUserPoolsCommand({ MaxResults: 1 }))
    client.destroy()
    return [...names]
  },
}

/** Headers that a page may send without a preflight (Fetch §2.2.2), and headers that the browser sets by itself. */
const withoutPreflight = ['accept', 'content-length', 'host', 'user-agent']

const list = (header: string | null) => (header ?? '').split(',').map((name) => name.trim().toLowerCase())

// CORS headers do not depend on the database, so one engine is enough.
for (const engine of engines.slice(0, 1)) {
  describe('a page of another origin', () => {
    const server = useTestServer(engine)

    const preflight = (headers: readonly string[], method = 'POST') =>
      rawRequest(server(), {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers.join(',') },
      })

    for (const [library, send] of Object.entries(libraries)) {
      it(`may send the headers of ${library}`, async () => {
        const ids = await server().givenPool()
        await givenUser(server(), ids.poolId, 'ana')
        const headers = (await send(server(), ids)).filter((name) => !withoutPreflight.includes(name))
        assert.ok(headers.includes('x-amz-target') && headers.includes('content-type'), headers.join())
        const answer = await preflight(headers)
        assert.deepEqual([answer.status, answer.text], [204, ''])
        assert.equal(answer.headers.get('access-control-allow-origin'), '*')
        assert.ok(list(answer.headers.get('access-control-allow-methods')).includes('post'))
        const allowed = list(answer.headers.get('access-control-allow-headers'))
        const refused = headers.filter((header) => !allowed.includes(header))
        assert.deepEqual(refused, [])
        assert.ok(Number(answer.headers.get('access-control-max-age')) >= 600)
      })
    }

    it('may send the headers that monitoring scripts add to every request', async () => {
      const answer = await preflight(['content-type', 'x-amz-target'])
      const allowed = list(answer.headers.get('access-control-allow-headers'))
      for (const name of ['traceparent', 'tracestate', 'sentry-trace', 'baggage', 'x-amzn-trace-id', 'x-requested-with']) {
        assert.ok(allowed.includes(name), name)
      }
    })

    it('may not send cookies or arbitrary headers', async () => {
      const answer = await preflight(['x-anything', 'cookie'])
      assert.equal(answer.headers.get('access-control-allow-credentials'), null)
      const allowed = list(answer.headers.get('access-control-allow-headers'))
      assert.equal(allowed.includes('x-anything') || allowed.includes('*') || allowed.includes('cookie'), false)
    })

    it('may read answers and errors, and the headers that clients use', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const signIn = (password: string) => {
        const body = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'ana', PASSWORD: password } }
        const headers = { origin, 'content-type': jsonContentType, 'x-amz-target': target, 'cache-control': 'no-store' }
        return rawRequest(server(), { headers, body: JSON.stringify(body), mode: 'cors', referrer: `${origin}/sign-in` })
      }
      const good = await signIn(goodPassword)
      const bad = await signIn('Wrong-horse-7')
      assert.deepEqual([good.status, bad.status], [200, 400])
      for (const { headers } of [good, bad]) {
        assert.equal(headers.get('access-control-allow-origin'), '*')
        const exposed = list(headers.get('access-control-expose-headers'))
        assert.deepEqual(
          ['x-amzn-requestid', 'x-amzn-errortype', 'x-amzn-errormessage', 'date', 'retry-after'].filter((name) => !exposed.includes(name)),
          [],
        )
      }
    })

    it('may read the error of an invalid request', async () => {
      for (const [headers, body] of [
        [{ 'content-type': jsonContentType, 'x-amz-target': target }, '{'],
        [{ 'content-type': 'text/plain' }, '{}'],
        [{ 'content-type': ' ' }, '{}'],
        [{ 'content-type': jsonContentType, 'x-amz-target': target }, ' '.repeat(5 * 1024 * 1024)],
      ] as const) {
        const answer = await rawRequest(server(), { headers: { origin, ...headers }, body })
        assert.ok(answer.status === 400 || answer.status === 413, String(answer.status))
        assert.equal(answer.headers.get('access-control-allow-origin'), '*')
      }
    })

    it('may not read the inbox or the metrics', async () => {
      for (const path of ['/inbox', '/inbox/api/messages', '/metrics']) {
        const answer = await rawRequest(server(), { method: 'GET', headers: { origin } }, path)
        assert.equal(answer.headers.get('access-control-allow-origin'), null, path)
      }
    })
  })
}
