import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { headOf, openConnection, type RawConnection } from '../../support/raw-connection.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const entries = (count: number, value = 'x') => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, value]))

for (const engine of engines.slice(0, 1)) {
  describe('a request', () => {
    const server = useTestServer(engine)
    const errorOf = async (operation: string, request: object) => (await rawCall(server(), operation, request)).body['__type']

    it('may have 100 entries in a map and no more, signed or not', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const signIn = (count: number) => ({
        ClientId: clientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword },
        ClientMetadata: entries(count),
      })
      assert.equal(await errorOf('InitiateAuth', signIn(100)), undefined)
      assert.equal(await errorOf('InitiateAuth', signIn(101)), 'InvalidParameterException')
      const invitation = (count: number) => ({ UserPoolId: poolId, Username: `of-${count}`, ClientMetadata: entries(count) })
      assert.equal(await errorOf('AdminCreateUser', invitation(100)), undefined)
      assert.equal(await errorOf('AdminCreateUser', invitation(101)), 'InvalidParameterException')
    })

    it('without a signature may have 200 elements in a list and no more', async () => {
      const { clientId } = await server().givenPool()
      const signUp = (count: number) => ({
        ClientId: clientId,
        Username: `of-${count}`,
        Password: goodPassword,
        ValidationData: Array.from({ length: count }, (_, at) => ({ Name: `name${at}`, Value: 'x' })),
      })
      assert.equal(await errorOf('SignUp', signUp(200)), undefined)
      const { body } = await rawCall(server(), 'SignUp', signUp(201))
      assert.deepEqual(body, {
        __type: 'InvalidParameterException',
        message: 'A map must not have more than 100 entries, and a list not more than 200 elements.',
      })
    })

    it('may have every attribute and one value of a map at their maximum lengths', async () => {
      const Schema = Array.from({ length: 50 }, (_, at) => ({ Name: `own${at}`, AttributeDataType: 'String' as const, Mutable: true }))
      const { clientId } = await server().givenPool({ pool: { Schema } })
      const own = Schema.map(({ Name }) => ({ Name: `custom:${Name}`, Value: 'x'.repeat(2048) }))
      const standard = ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'profile', 'picture', 'website', 'gender']
      const UserAttributes = [...own, ...standard.map((Name) => ({ Name, Value: 'é'.repeat(2048) }))]
      const signUp = {
        ClientId: clientId,
        Username: 'ana',
        Password: goodPassword,
        UserAttributes,
        ClientMetadata: { note: 'x'.repeat(131_072) },
      }
      assert.equal(await errorOf('SignUp', signUp), undefined)
    })

    it('is rejected before it is checked against the API model when it has too many elements or values', async () => {
      const many = `{"a":[${'{},'.repeat(100_000)}{}]}`
      assert.match(String((await rawCall(server(), 'SignUp', many)).body['message']), /a list not more than 200 elements/)
      const maps = `{"a":[${`{${'"a":1,'.repeat(99)}"b":1},`.repeat(60)}{}]}`
      assert.match(String((await rawCall(server(), 'SignUp', maps)).body['message']), /not have more than 5000 values/)
    })
  })

  describe('the bodies of all requests together', () => {
    const server = useTestServer(engine, { flags: ['--body-megabytes', '8'] })

    it('stay below the memory limit: incomplete requests over the limit are answered 503, and a small request is served', async () => {
      const half = Buffer.alloc(400_000, 0x20)
      const connections = Array.from({ length: 30 }, () => openConnection(server().url))
      try {
        for (const connection of connections) {
          connection.send(headOf('SignUp', { 'content-length': 500_000 }))
          connection.send(half)
        }
        // 12 MB arrive and the limit is 8 MB, so at least ten requests are rejected. Which requests these are depends on the order in
        // which the server accepts the connections.
        for (const answer of await firstAnswers(connections, 10)) {
          assert.match(answer, /^HTTP\/1\.1 503 .*^retry-after: 1\r$.*ServiceUnavailable/ims)
        }
        // A small request is answered as usual.
        assert.equal((await rawCall(server(), 'ListUserPools', { MaxResults: 1 })).status, 200)
      } finally {
        for (const connection of connections) connection[Symbol.dispose]()
      }
    })
  })
}

/** The first `count` answers on any of the connections. */
async function firstAnswers(connections: readonly RawConnection[], count: number): Promise<string[]> {
  const answers: string[] = []
  await new Promise<void>((resolve, reject) => {
    for (const connection of connections) {
      connection.received(/\r\n\r\n\{.*\}$/s).then((answer) => {
        answers.push(answer)
        if (answers.length === count) resolve()
      }, reject)
    }
  })
  return answers
}
