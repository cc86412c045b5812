import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { chosenEngines } from '../../support/engines.ts'
import { functionFolder, givenTriggered } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

type Call = { readonly url: string; readonly headers: IncomingHttpHeaders; readonly event: { triggerSource: string } }
type Reply = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown; readonly never?: boolean }

/** A server with the Invoke operation of AWS Lambda. While no reply is set, it returns the event. */
async function openLambda() {
  const calls: Call[] = []
  let reply: Reply = {}
  const server = createServer(async (request, response) => {
    const event = JSON.parse(await text(request))
    calls.push({ url: decodeURIComponent(request.url ?? ''), headers: request.headers, event })
    if (reply.never) return
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
    response.end(JSON.stringify(reply.body ?? event))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers(wanted: Reply = {}) {
      reply = wanted
      calls.length = 0
      return calls
    },
  }
}

const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:check:live'
const exception = (name: string, status: number): Reply => ({
  status,
  headers: { 'x-amzn-errortype': name },
  body: { Type: 'User', message: 'some text' },
})
const failed = (reason: string) => ({
  name: 'UnexpectedLambdaException',
  message: `PreAuthentication invocation failed due to error ${reason}.`,
})
const thrown = (errorMessage: string, errorType = 'Error'): Reply => ({
  headers: { 'x-amz-function-error': 'Unhandled' },
  body: { errorMessage, errorType, trace: [] },
})

for (const engine of chosenEngines().slice(0, 1)) {
  describe(`Functions at Lambda on ${engine.name}`, async () => {
    const folder = functionFolder()
    const lambda = await openLambda()
    const entries = { '*': { lambda: { endpoint: lambda.endpoint } }, far: { lambda: { endpoint: lambda.endpoint, region: 'eu-north-1' } } }
    const server = useTestServer(engine, { flags: ['--functions-file', folder.write('functions.json', entries)] })
    // The AWS SDK takes the server's credentials for Lambda from these variables.
    before(() => Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIAOFTHEFUNCTIONS00', AWS_SECRET_ACCESS_KEY: 'secret' }))

    async function given(policy: object = {}, functionArn = arn) {
      const pool = await givenTriggered(server(), { PreAuthentication: functionArn })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: pool.poolId, Triggers: { PreAuthentication: policy } })
      return () => signInByPassword(server(), pool.clientId, 'ana')
    }

    it('are invoked synchronously by their whole ARN, with a signature', async () => {
      const signIn = await given()
      const calls = lambda.answers()
      assert.ok((await signIn()).AuthenticationResult?.AccessToken)
      assert.equal(calls.length, 1)
      assert.equal(calls[0]?.url, `/2015-03-31/functions/${arn}/invocations`)
      assert.equal(calls[0]?.event.triggerSource, 'PreAuthentication_Authentication')
      assert.equal(calls[0]?.headers['x-amz-invocation-type'], 'RequestResponse')
      assert.match(calls[0]?.headers.authorization ?? '', /Credential=AKIAOFTHEFUNCTIONS00\/\d+\/eu-central-1\/lambda\//)
    })

    it('are invoked in the region that their entry in the functions file names, if it names one, instead of the region in the ARN', async () => {
      const signIn = await given({}, 'arn:aws:lambda:eu-central-1:123456789012:function:far')
      const calls = lambda.answers()
      await signIn()
      assert.match(calls[0]?.headers.authorization ?? '', /\/eu-north-1\/lambda\//)
    })

    it('are not invoked when the region in the ARN is invalid, because it could send our signature to another host', async () => {
      for (const region of ['attacker.example/', 'eu-central-1.attacker.example', 'x', 'eu-central-1@attacker.example']) {
        const signIn = await given({ Retries: 2 }, `arn:aws:lambda:${region}:123456789012:function:check`)
        const calls = lambda.answers()
        await assert.rejects(signIn(), failed('ResourceNotFoundException'))
        assert.equal(calls.length, 0)
      }
    })

    it('reject the request by an error, which does not count as a failure for the policy', async () => {
      const refused = { name: 'UserLambdaValidationException', message: 'PreAuthentication failed with error not today.' }
      for (const policy of [{}, { Retries: 3 }, { OnError: 'CONTINUE_UNLESS_REFUSED' }]) {
        const signIn = await given(policy)
        const calls = lambda.answers(thrown('not today'))
        await assert.rejects(signIn(), refused)
        assert.equal(calls.length, 1)
      }
    })

    it('that Lambda itself ended count as failures for the policy', async () => {
      const text = '2026-01-01T00:00:00.000Z 1 Task timed out after 3.00 seconds'
      lambda.answers(thrown(text, 'Sandbox.Timedout'))
      const message = `PreAuthentication failed with error ${text}.`
      await assert.rejects((await given())(), { name: 'UserLambdaValidationException', message })
      assert.ok((await (await given({ OnError: 'CONTINUE_UNLESS_REFUSED' }))()).AuthenticationResult)
    })

    for (const [name, status, attempts] of [
      ['ResourceNotFoundException', 404, 1],
      ['AccessDeniedException', 403, 1],
      ['TooManyRequestsException', 429, 3],
      ['ServiceException', 500, 3],
      ['EC2ThrottledException', 502, 3],
    ] as const) {
      it(`that answer ${name} are invoked ${attempts === 1 ? 'once' : `${attempts} times`} in a pool with two retries`, async () => {
        const signIn = await given({ Retries: 2 })
        const calls = lambda.answers(exception(name, status))
        await assert.rejects(signIn(), failed(name))
        assert.equal(calls.length, attempts)
        const ids = calls.map(({ headers }) => Buffer.from(String(headers['x-amz-client-context']), 'base64').toString())
        assert.equal(new Set(ids).size, 1)
        assert.match(ids[0] ?? '', /^\{"custom":\{"invocationId":"[-0-9a-f]{36}"\}\}$/)
      })
    }

    it('that do not answer fail the sign-in at the time limit', async () => {
      const signIn = await given({ TimeoutMilliseconds: 300 })
      lambda.answers({ never: true })
      await assert.rejects(signIn(), failed('Socket timeout while invoking Lambda function'))
    })
  })
}
