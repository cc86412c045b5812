import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { signedRequest } from '../../access/request-signer.ts'
import { engines } from '../../support/engines.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { headOf, openConnection } from '../../support/raw-connection.ts'

const large = 900_000
const completeAnswer = /\r\n\r\n\{.*\}$/s

for (const engine of engines) {
  describe(`a request that can be rejected by its headers alone, on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
    })
    after(() => server.close())

    /** The headers of a request that is signed with the access key `id`. */
    async function signatureBy(id: string, secret: string) {
      const signer = { id, secret, at: server.clock.now(), region: server.region, service: 'cognito-idp' }
      const target = 'AWSCognitoIdentityProviderService.ListUserPools'
      const { headers } = await signedRequest(signer, { headers: { 'x-amz-target': target }, body: '{"MaxResults":1}' })
      return headers
    }

    /** Sends a head without a body, and returns the server's answer. */
    async function answerTo(head: string): Promise<string> {
      using connection = openConnection(server.url)
      connection.send(head)
      return await connection.received(completeAnswer)
    }

    it('is rejected before its body is read when it lacks a signature', async () => {
      const answer = await answerTo(headOf('ListUsers', { 'content-length': large }))
      assert.match(answer, /^HTTP\/1\.1 400 .*^connection: close\r$.*MissingAuthenticationTokenException/ims)
    })

    it('is rejected when its access key does not exist', async () => {
      const headers = await signatureBy('AKIA0000000000000000', 'x'.repeat(40))
      const answer = await answerTo(headOf('ListUserPools', { ...headers, 'content-length': large }))
      assert.match(answer, /UnrecognizedClientException/)
    })

    it('is not rejected for a wrong signature until its body has been read', async () => {
      using connection = openConnection(server.url)
      const headers = await signatureBy(owner.accessKeyId, owner.secretAccessKey)
      const body = '{"MaxResults":2}'
      connection.send(headOf('ListUserPools', { ...headers, 'content-length': body.length }) + body)
      assert.match(await connection.received(completeAnswer), /InvalidSignatureException/)
      await server.client(owner).send(new ListUserPoolsCommand({ MaxResults: 1 }))
    })

    it('is rejected when its body is too large for the operation', async () => {
      for (const [operation, limit] of [
        ['GetUser', 147_456],
        ['SignUp', 524_288],
        ['ListUsers', 1_048_576],
        ['CreateManagedLoginBranding', 4_194_304],
      ] as const) {
        const answer = await answerTo(headOf(operation, { 'content-length': limit + 1 }))
        assert.match(answer, new RegExp(`^HTTP/1\\.1 413 .*larger than ${limit} bytes`, 's'), operation)
      }
    })

    it('is rejected when it names no operation', async () => {
      assert.match(await answerTo(headOf('NoSuch', { 'content-length': large })), /UnknownOperationException/)
      assert.match(await answerTo(headOf('SignUp', { 'content-type': 'text/plain', 'content-length': large })), /UnknownOperationException/)
    })

    it('gets no 100 Continue; a valid request gets one', async () => {
      const refused = await answerTo(headOf('ListUsers', { 'content-length': large, expect: '100-continue' }))
      assert.match(refused, /^HTTP\/1\.1 400 /)
      using connection = openConnection(server.url)
      connection.send(headOf('SignUp', { 'content-length': 2, expect: '100-continue' }))
      assert.equal(await connection.received(/\r\n\r\n/), 'HTTP/1.1 100 Continue\r\n\r\n')
      connection.send('{}')
      assert.match(await connection.received(completeAnswer), /InvalidParameterException/)
    })

    it('gets 100 Continue only in HTTP/1.1', async () => {
      using connection = openConnection(server.url)
      const head = headOf('SignUp', { 'content-length': 2, expect: '100-continue' })
      connection.send(`${head.replace('HTTP/1.1', 'HTTP/1.0')}{}`)
      assert.match(await connection.received(completeAnswer), /^HTTP\/1\.1 400 .*InvalidParameterException/s)
    })

    it('is answered before the connection is closed when its body turns out to be too large after 100 Continue', async () => {
      using connection = openConnection(server.url)
      connection.send(headOf('SignUp', { 'transfer-encoding': 'chunked', expect: '100-continue' }))
      await connection.received(/100 Continue\r\n\r\n/)
      const chunk = `${large.toString(16)}\r\n${'x'.repeat(large)}\r\n`
      connection.send(chunk)
      assert.match(await connection.received(completeAnswer), /RequestEntityTooLargeException/)
      // If the connection had been closed at once, it would have ended by now. The client could then lose the answer.
      await fetch(`${server.url}/healthz`).then((healthy) => healthy.text())
      assert.equal(connection.socket.readableEnded, false)
      connection.send(`${chunk}0\r\n\r\n`)
      await connection.ended()
    })

    it('leaves the connection open after a small body, also when requests are pipelined', async () => {
      using connection = openConnection(server.url)
      const call = `${headOf('ListUsers', { 'content-length': 2 })}{}`
      connection.send(call + call)
      connection.send(call)
      const answers = await connection.received(/(?:MissingAuthenticationTokenException.*){6}/s)
      assert.equal(answers.match(/HTTP\/1\.1 400 /g)?.length, 3)
      assert.doesNotMatch(answers, /connection: close/i)
    })

    it('is answered, and its connection closed, when its body is chunked', async () => {
      using connection = openConnection(server.url)
      connection.send(headOf('ListUsers', { 'transfer-encoding': 'chunked' }))
      connection.send(`3e8\r\n${'x'.repeat(1000)}\r\n`)
      assert.match(await connection.received(completeAnswer), /MissingAuthenticationTokenException/)
      connection.send('0\r\n\r\n')
      await connection.ended()
    })

    it('is rejected when it has two Host headers', async () => {
      for (const line of ['POST / HTTP/1.1', 'GET /healthz HTTP/1.1']) {
        using connection = openConnection(server.url)
        connection.send(`${line}\r\nHost: localhost\r\nhost: other.test\r\nContent-Length: 0\r\n\r\n`)
        assert.match(await connection.ended(), /^HTTP\/1\.1 400 .*one Host header/s, line)
      }
    })

    it('is answered, and its connection closed, when it is for a route outside the API and its body never ends', async () => {
      for (const line of ['POST /nowhere', 'GET /healthz', 'PUT /user-imports/eu-west-1_x/import-x']) {
        using connection = openConnection(server.url)
        connection.send(`${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\nx`)
        assert.match(await connection.ended(), /^HTTP\/1\.1 (404|200|403) .*^connection: close\r$/ims, line)
      }
    })
  })
}
