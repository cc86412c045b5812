import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { outcomes } from '../../../support/administration.ts'
import { engines, type TestDatabase } from '../../../support/engines.ts'
import { challengeAfterPassword } from '../../../support/mfa.ts'
import { createCodes, givenCodes, givenRecoveryPool, recover, signInByCode, statusOf, wrongCode } from '../../../support/recovery-codes.ts'
import { startTestServer, type TestServer } from '../../../support/test-server.ts'

/** How many requests bring the same code at once, to two servers in turn. */
const requests = 8

for (const engine of engines) {
  describe(`Recovery codes on two servers at once, on ${engine.name}`, () => {
    let database: TestDatabase
    let folder: string
    const servers: TestServer[] = []

    before(async () => {
      database = await engine.createDatabase()
      folder = mkdtempSync(join(tmpdir(), 'lifeguard-recovery-'))
      const flags = ['--database', database.url, '--data', folder, '--public-url', 'http://localhost:1']
      for (let count = 0; count < 2; count++) servers.push(await startTestServer(engine, { flags }))
    })

    after(async () => {
      for (const server of servers) await server.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    })

    const serverOf = (index: number): TestServer => servers[index % servers.length] ?? assert.fail('The servers run inside tests only.')
    const first = () => serverOf(0)

    async function given() {
      const holder = await givenCodes(first(), await givenRecoveryPool(first()))
      // Both servers have the same clock.
      serverOf(1).clock.advance(first().clock.now() - serverOf(1).clock.now())
      return holder
    }

    const sessionsOf = (clientId: string) =>
      Promise.all(Array.from({ length: requests }, () => challengeAfterPassword(first(), clientId, 'ana').then(({ session }) => session)))

    it('are spent once: of many sign-ins with the same code exactly one succeeds', async () => {
      const { poolId, clientId, codes } = await given()
      for (let round = 0; round < 3; round++) {
        const code = codes[round] ?? ''
        const sessions = await sessionsOf(clientId)
        const results = await outcomes(
          sessions.map((session, index) => recover(serverOf(index), clientId, { name: 'SOFTWARE_TOKEN_MFA', session, code })),
        )
        assert.equal(results.filter((one) => one === 'ok').length, 1, results.join())
        const refusals = new Set(results.filter((one) => one !== 'ok'))
        // The others are wrong; after five wrong ones the user is locked.
        for (const refusal of refusals) assert.ok(['CodeMismatchException', 'NotAuthorizedException'].includes(refusal), refusal)
        assert.equal((await statusOf(first(), poolId)).Remaining, 9 - round)
        for (const { clock } of servers) clock.advance(3_600_000)
      }
    })

    it('are spent once for one Session: of many codes for the same Session exactly one is used', async () => {
      const { poolId, clientId, codes } = await given()
      const { session } = await challengeAfterPassword(first(), clientId, 'ana')
      const results = await outcomes(
        codes.map((code, index) => recover(serverOf(index), clientId, { name: 'SOFTWARE_TOKEN_MFA', session, code })),
      )
      assert.deepEqual(results.sort(), [...Array.from({ length: 9 }, () => 'NotAuthorizedException'), 'ok'])
      assert.equal((await statusOf(first(), poolId)).Remaining, 9)
    })

    it('are those of one answer when they are made twice at once', async () => {
      const { poolId, clientId, accessToken } = await given()
      const sets = await Promise.all([0, 1].map((index) => createCodes(serverOf(index), accessToken)))
      assert.equal((await statusOf(first(), poolId)).Remaining, 10)
      const results = await outcomes(sets.map(([code = '']) => signInByCode(first(), clientId, code)))
      assert.deepEqual(results.sort(), [wrongCode.name, 'ok'])
    })
  })
}
