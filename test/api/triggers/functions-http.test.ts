import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { chosenEngines } from '../../support/engines.ts'
import { functionArn, functionFolder, givenTriggered } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

type Delivery = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }
type Reply = { readonly status: number; readonly body: string }

/** An endpoint that gives the replies of `answers` in order, and the last one again and again. Without replies it returns the event. */
async function openEndpoint() {
  const deliveries: Delivery[] = []
  let replies: Reply[] = []
  const server = createServer(async (request, response) => {
    const delivery = { path: request.url ?? '', headers: request.headers, body: await text(request) }
    deliveries.push(delivery)
    const { status, body } = (replies.length > 1 ? replies.shift() : replies[0]) ?? { status: 200, body: delivery.body }
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers(...wanted: Reply[]) {
      replies = wanted
      deliveries.length = 0
      return deliveries
    },
  }
}

function verify({ headers, body }: Delivery): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>)
}

for (const engine of chosenEngines().slice(0, 1)) {
  describe(`Functions behind HTTP on ${engine.name}`, async () => {
    const folder = functionFolder()
    const endpoint = await openEndpoint()
    const file = folder.write('functions.json', {
      '*': { url: `${endpoint.url}/run/{functionName}?of={functionName}`, secret },
      open: { url: `${endpoint.url}/open` },
    })
    const server = useTestServer(engine, { flags: ['--functions-file', file] })

    async function given(name: string, policy: object = {}) {
      const pool = await givenTriggered(server(), { PreAuthentication: functionArn(name) })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: pool.poolId, Triggers: { PreAuthentication: policy } })
      return pool
    }

    it('get no header of a trace when no tracing is set up', async () => {
      const { clientId } = await given('check')
      const deliveries = endpoint.answers()
      await signInByPassword(server(), clientId, 'ana')
      assert.equal(deliveries.length, 1)
      assert.equal(deliveries[0]?.headers['traceparent'], undefined)
    })

    it('get the event, with a signature that a Standard Webhooks library verifies', async () => {
      const { clientId } = await given('check')
      const deliveries = endpoint.answers()
      await signInByPassword(server(), clientId, 'ana')
      const [delivery, ...others] = deliveries
      assert.ok(delivery !== undefined)
      assert.equal(others.length, 0)
      assert.equal(delivery.path, '/run/check?of=check')
      const event = verify(delivery) as { triggerSource: string; userName: string }
      assert.deepEqual([event.triggerSource, event.userName], ['PreAuthentication_Authentication', 'ana'])
      assert.equal(delivery.headers['idempotency-key'], delivery.headers['webhook-id'])

      assert.throws(() => verify({ ...delivery, body: delivery.body.replace('ana', 'bob') }), WebhookVerificationError)
      const later = String(Number(delivery.headers['webhook-timestamp']) + 1)
      assert.throws(() => verify({ ...delivery, headers: { ...delivery.headers, 'webhook-timestamp': later } }), WebhookVerificationError)
      assert.throws(() => verify({ ...delivery, headers: { ...delivery.headers, 'webhook-id': 'another' } }), WebhookVerificationError)
    })

    it('can recognize by its timestamp a request that arrives again ten minutes later', async (t) => {
      const { clientId } = await given('check')
      const deliveries = endpoint.answers()
      await signInByPassword(server(), clientId, 'ana')
      const [delivery] = deliveries
      assert.ok(delivery !== undefined)
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 10 * 60_000 })
      assert.throws(() => verify(delivery), /timestamp too old/i)
    })

    it('get no signature without a secret', async () => {
      const { clientId } = await given('open')
      const deliveries = endpoint.answers()
      await signInByPassword(server(), clientId, 'ana')
      assert.equal(deliveries[0]?.headers['webhook-signature'], undefined)
      assert.ok(deliveries[0]?.headers['webhook-id'])
    })

    const refused = { name: 'UserLambdaValidationException', message: 'PreAuthentication failed with error not today.' }
    const failed = (reason: string) => ({
      name: 'UnexpectedLambdaException',
      message: `PreAuthentication invocation failed due to error ${reason}.`,
    })
    const noJson = { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' }
    const answers: [what: string, reply: Reply, seen: object][] = [
      ['400 with the error of the function', { status: 400, body: '{"errorMessage":"not today"}' }, refused],
      ['500', { status: 500, body: 'oops' }, failed('ServiceException')],
      ['429', { status: 429, body: '' }, failed('TooManyRequestsException')],
      ['404', { status: 404, body: '<html>' }, failed('ServiceException')],
      ['with a redirect', { status: 302, body: '' }, failed('ServiceException')],
      ['with text that is not JSON', { status: 200, body: '<html>' }, noJson],
      ['without a body', { status: 204, body: '' }, noJson],
    ]
    for (const [what, reply, seen] of answers) {
      it(`that answer ${what} fail the sign-in and are invoked once`, async () => {
        const { clientId } = await given('check')
        const deliveries = endpoint.answers(reply)
        await assert.rejects(signInByPassword(server(), clientId, 'ana'), seen)
        assert.equal(deliveries.length, 1)
      })
    }

    it('are not invoked under a name that would change the URL', async () => {
      for (const name of ['..', '.', 'a/../b', 'host@elsewhere']) {
        const { clientId } = await given(name)
        const deliveries = endpoint.answers()
        await assert.rejects(signInByPassword(server(), clientId, 'ana'), failed('ResourceNotFoundException'))
        assert.deepEqual(deliveries, [], name)
      }
    })

    it('are retried with the same id after 503 and 429 when the pool’s policy says so, but not after 400 and 404', async () => {
      const { clientId } = await given('check', { Retries: 2 })
      const deliveries = endpoint.answers(
        { status: 503, body: '' },
        { status: 429, body: '' },
        { status: 400, body: '{"errorMessage":"not today"}' },
      )
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), refused)
      assert.equal(deliveries.length, 3)
      assert.equal(new Set(deliveries.map(({ headers }) => headers['webhook-id'])).size, 1)
      for (const delivery of deliveries) verify(delivery)

      const once = endpoint.answers({ status: 404, body: '' })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), failed('ServiceException'))
      assert.equal(once.length, 1)
    })
  })
}
