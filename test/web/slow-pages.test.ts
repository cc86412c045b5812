import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callback, encode, givenOAuthPool, send } from '../support/oauth.ts'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../support/postgres-stage.ts'
import { startTestServer } from '../support/test-server.ts'

describe('A page whose database does not answer', { skip: skipWithoutPostgres }, () => {
  it('answers 503 after the deadline, also while it looks up the domain of the host', async () => {
    await using server = await startTestServer(postgresOnly, { flags: ['--request-seconds', '1', '--log-level', 'fatal'] })
    const { clientId } = await givenOAuthPool(server)
    const query = encode({ client_id: clientId, redirect_uri: callback, response_type: 'code' })
    await using stage = await PostgresStage.open(server)
    await stage.holdTable('pool_domain')
    const { status, headers, text } = await send(server, `/login?${query}`, { headers: { host: 'shop.localhost' } })
    assert.deepEqual([status, headers.get('retry-after'), headers.getSetCookie()], [503, '1', []])
    assert.match(text, /Sign-in is not available at the moment/)
    // The database still has not answered: the page did not wait for its error.
    await stage.waiting(1)
  })
})
