import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { engines, type TestDatabase } from '../../support/engines.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const judged = 'Incorrect username or password.'
const locked = 'Password attempts exceeded'

/** How many times a test sends a wrong password to all servers at once. Before each time, it waits for the end of the lock. */
const rounds = 6

for (const engine of engines) {
  describe(`the lock-out of several processes on one database, on ${engine.name}`, () => {
    let database: TestDatabase
    let folder: string
    const servers: TestServer[] = []

    before(async () => {
      database = await engine.createDatabase()
      folder = mkdtempSync(join(tmpdir(), 'lifeguard-lockout-'))
      const flags = ['--database', database.url, '--data', folder, '--public-url', 'http://localhost:1']
      for (let count = 0; count < 3; count++) servers.push(await startTestServer(engine, { flags }))
    })

    after(async () => {
      for (const server of servers) await server.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    })

    function first(): TestServer {
      const [server] = servers
      if (server === undefined) throw new Error('The servers run inside tests only.')
      return server
    }

    function advance(ms: number): void {
      for (const { clock } of servers) clock.advance(ms)
    }

    /** The answers of all servers to a wrong password, sent at the same time. */
    const guess = (clientId: string, name: string) =>
      Promise.all(
        servers.map((server) =>
          signInByPassword(server, clientId, name, 'Wrong-horse-7').then(
            () => assert.fail('a wrong password'),
            ({ message }: Error) => message,
          ),
        ),
      )

    it('judges one guess each time that a lock ends, and refuses the guesses that other servers get at the same time', async () => {
      const { poolId, clientId } = await first().givenPool({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await givenUser(first(), poolId, 'ana')
      for (const name of ['ana', 'nobody']) {
        for (let count = 0; count < 5; count++) await assert.rejects(signInByPassword(first(), clientId, name, 'Wrong-horse-7'))
        for (let round = 0; round < rounds; round++) {
          advance(1000 * 2 ** round + 1)
          assert.deepEqual((await guess(clientId, name)).sort(), [judged, locked, locked], `${name}, round ${round}`)
        }
      }
      // After the lock the right password is accepted, and resets the count of wrong passwords.
      advance(1000 * 2 ** rounds + 1)
      await signInByPassword(first(), clientId, 'ana')
      for (let count = 0; count < 4; count++) await assert.rejects(signInByPassword(first(), clientId, 'ana', 'Wrong-horse-7'))
      await signInByPassword(first(), clientId, 'ana')
    })

    it('accepts simultaneous right passwords while there is no lock', async () => {
      const { poolId, clientId } = await first().givenPool()
      await givenUser(first(), poolId, 'ana')
      await assert.rejects(signInByPassword(first(), clientId, 'ana', 'Wrong-horse-7'), { message: judged })
      const outcomes = await Promise.allSettled(servers.map((server) => signInByPassword(server, clientId, 'ana')))
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'fulfilled'],
      )
    })
  })
}
