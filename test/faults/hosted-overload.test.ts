import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../src/storage/open-storage.ts'
import { accountPages, goodForm } from '../support/account-pages.ts'
import { engines } from '../support/engines.ts'
import { functionArn, functionFolder } from '../support/functions.ts'
import { callback, codeClient, encode, givenOAuthPool, type Reply, requestToken, send } from '../support/oauth.ts'
import { titleIn } from '../support/page-texts.ts'
import { startProductionServer } from '../support/production-server.ts'
import { openConnection } from '../support/raw-connection.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { csrfTokenIn, paramsIn, TestBrowser } from '../support/test-browser.ts'
import { useTestServer } from '../support/test-server.ts'

const connections = 40
const callsEach = 10 * availableParallelism()
const host = 'id.example.test'

/** Sends the same form `callsEach` times on each of the connections, and resolves with the answers. */
async function flood(url: string, path: string, form: string, cookie: string): Promise<string[]> {
  const request = (connection: string) =>
    [
      `POST ${path} HTTP/1.1`,
      `host: ${host}`,
      'content-type: application/x-www-form-urlencoded',
      `content-length: ${Buffer.byteLength(form)}`,
      `cookie: ${cookie}`,
      `connection: ${connection}`,
      '',
      form,
    ].join('\r\n')
  const all = Array.from({ length: connections }, () => openConnection(url))
  for (const connection of all) connection.send(request('keep-alive').repeat(callsEach - 1) + request('close'))
  const received = await Promise.all(all.map((connection) => connection.ended()))
  return received.flatMap((answers) => answers.split(/(?=HTTP\/1\.1 \d{3} )/))
}

for (const engine of engines) {
  describe(`Pages and OAuth endpoints beyond the capacity of the server, on ${engine.name}`, () => {
    it('answer 503 at once with a page or an OAuth error, and sign in exactly those whom they send to the app', async () => {
      await using server = await startProductionServer(engine)
      const owner = server.client(await server.createKey())
      const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'busy' }))
      const UserPoolId = UserPool?.Id ?? ''
      const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app', ...codeClient }))
      await givenUser(owner, UserPoolId, 'ana')

      const browser = new TestBrowser(server, host)
      const query = encode({ client_id: UserPoolClient?.ClientId, redirect_uri: callback, response_type: 'code' })
      const page = await browser.visit(`/login?${query}`)
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const form = encode({ _csrf: csrfTokenIn(page), username: 'ana', password: goodPassword })
      const flooded = flood(server.url, `/login?${query}`, form, cookie)
      const tokens = flood(server.url, '/oauth2/token', encode({ grant_type: 'authorization_code', code: 'x' }), cookie)
      const answers = await flooded
      const shed = answers.filter((answer) => answer.startsWith('HTTP/1.1 503 '))
      const signedIn = answers.filter((answer) => /^HTTP\/1\.1 302 .*^location: https:\/\/app\.test\/callback\?code=/ims.test(answer))
      assert.equal(answers.length, connections * callsEach)
      assert.equal(shed.length + signedIn.length, answers.length)
      assert.ok(shed.length > 0 && signedIn.length > 0, `${shed.length} of ${answers.length} were turned away`)
      for (const answer of shed) assert.match(answer, /^retry-after: 1\r$.*<h1>Something went wrong<\/h1>.*Sign-in is not available/ims)
      for (const answer of shed) assert.doesNotMatch(answer, /^set-cookie: (?:__Host-)?cognito/im)
      for (const answer of (await tokens).filter((text) => text.startsWith('HTTP/1.1 503 '))) {
        assert.match(answer, /^cache-control: .*no-store/im)
        assert.match(answer, /^retry-after: 1\r$.*\{"error":"temporarily_unavailable"/ims)
      }

      const storage = await openStorage({ url: server.env.LIFEGUARD_DATABASE })
      const codes = await storage.db.selectFrom('authorization_code').select('id').execute()
      await storage.close()
      assert.equal(codes.length, signedIn.length)
    })
  })

  describe(`Pages and OAuth endpoints that take too long, on ${engine.name}`, () => {
    const folder = functionFolder()
    folder.write('sleeps.mjs', 'export const handler = (event) => new Promise((done) => setTimeout(done, 4500, event))')
    const server = useTestServer(engine, { flags: ['--functions', folder.path, '--request-seconds', '1', '--log-level', 'fatal'] })
    const { open, answer, requestOf } = accountPages(server)

    async function givenSleepy(trigger: string) {
      const given = await givenOAuthPool(server(), { pool: { AutoVerifiedAttributes: ['email'] } })
      await givenUser(server(), given.poolId, 'ana')
      const LambdaConfig = { [trigger]: functionArn('sleeps') }
      await server().send(new UpdateUserPoolCommand({ UserPoolId: given.poolId, AutoVerifiedAttributes: ['email'], LambdaConfig }))
      return given
    }
    function assertBusy({ status, headers, ...page }: Reply): void {
      assert.deepEqual([status, headers.get('retry-after')], [503, '1'])
      assert.equal(titleIn({ status, headers, ...page }), 'Something went wrong')
      assert.deepEqual(headers.getSetCookie(), [])
    }

    it('answer the sign-in form 503 at the time limit, and take the same form later', async () => {
      const { poolId, clientId } = await givenSleepy('PreAuthentication')
      const { browser, page } = await open('/login', clientId)
      assertBusy(await answer(browser, page, { username: 'ana', password: goodPassword }))
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, AutoVerifiedAttributes: ['email'] }))
      assert.equal((await answer(browser, page, { username: 'ana', password: goodPassword })).status, 302)
    })

    it('answer the sign-up form 503 at the time limit, with no user and no message', async () => {
      const { poolId, clientId } = await givenSleepy('PreSignUp')
      const { browser, page } = await open('/signup', clientId)
      assertBusy(await answer(browser, page, goodForm({ username: 'ben' })))
      await assert.rejects(server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ben' })), {
        name: 'UserNotFoundException',
      })
      assert.deepEqual(await server().inbox(), [])
    })

    it('answer 503 with temporarily_unavailable at the token endpoint', async () => {
      const { clientId } = await givenSleepy('PreTokenGeneration')
      const browser = new TestBrowser(server())
      const signedIn = await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')
      const code = paramsIn(signedIn.headers.get('location') ?? '').get('code') ?? ''
      const grant = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
      const { status, headers, body } = await requestToken(server(), grant)
      assert.deepEqual([status, headers.get('retry-after'), body['error']], [503, '1', 'temporarily_unavailable'])
      assert.equal((await send(server(), '/healthz')).status, 200)
    })
  })
}
