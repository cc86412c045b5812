import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { AdminInitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { writeMmdb } from '../../support/mmdb.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const withThreatProtection = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } } as const
const folder = mkdtempSync(join(tmpdir(), 'lifeguard-places-'))
after(() => rmSync(folder, { recursive: true }))

const address = '192.0.2.7'
const database = (city: string) => writeMmdb({ '192.0.2.0/24': { country: 'DE', city, lat: '52.5', lng: '13.4', asn: 'AS64500' } })

async function givenAna(server: TestServer) {
  const ids = await server.givenPool(withThreatProtection)
  await givenUser(server, ids.poolId, 'ana')
  return ids
}

/** Signs in from `address`. The result is what the event shows of the place. */
async function placeOf(server: TestServer, { poolId, clientId }: { poolId: string; clientId: string }) {
  const ContextData = { IpAddress: address, ServerName: 'app', ServerPath: '/', HttpHeaders: [] }
  const flow = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', ContextData } as const
  await server.send(new AdminInitiateAuthCommand({ ...flow, AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword } }))
  const { City, Country } = (await eventsOf(server, poolId))[0]?.EventContextData ?? {}
  return { City, Country }
}

/** Waits until `isReached`. */
async function until(isReached: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await isReached())) {
    assert.ok(performance.now() < deadline, 'It did not happen in time.')
    await setTimeout(50)
  }
}

for (const engine of engines) {
  describe(`The operator's files of places on ${engine.name}`, () => {
    it('give the city in events, and what is stored with them for the assessment of risks', async () => {
      const [cities, list] = [join(folder, `${engine.name}.mmdb`), join(folder, `${engine.name}.txt`)]
      writeFileSync(cities, database('Berlin'))
      writeFileSync(list, 'AS64500 # a VPN\n')
      await using server = await startTestServer(engine, { flags: ['--geo-database', cities, '--anonymous-networks', list] })
      const ana = await givenAna(server)
      assert.deepEqual(await placeOf(server, ana), { City: 'Berlin', Country: 'Germany' })
      const storage = await openStorage({ url: server.databaseUrl })
      const { details } = await storage.db.selectFrom('auth_event').select('details').executeTakeFirstOrThrow()
      await storage.close()
      const { traits } = typeof details === 'string' ? JSON.parse(details) : details
      assert.deepEqual(traits, {
        ip: address,
        country: 'DE',
        city: 'Berlin',
        position: [52.5, 13.4],
        network: 'AS64500',
        isAnonymous: true,
      })
    })

    it('are read again when they are replaced, and a broken file keeps the old one with one warning', async () => {
      const cities = join(folder, `${engine.name}-replaced.mmdb`)
      writeFileSync(cities, database('Berlin'))
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { flags: ['--geo-database', cities], logger })
      const ana = await givenAna(server)
      const warnings = () => lines.filter((line) => line.includes('A changed file cannot be read'))

      writeFileSync(`${cities}.new`, database('Hamburg'))
      renameSync(`${cities}.new`, cities)
      await until(async () => (await placeOf(server, ana)).City === 'Hamburg')

      writeFileSync(cities, database('Bremen').subarray(0, 400))
      await until(() => warnings().length > 0)
      assert.equal((await placeOf(server, ana)).City, 'Hamburg')
      writeFileSync(cities, 'broken in another way')
      rmSync(cities)
      assert.equal((await placeOf(server, ana)).City, 'Hamburg')

      writeFileSync(cities, database('Bremen'))
      await until(async () => (await placeOf(server, ana)).City === 'Bremen')
      assert.equal(warnings().length, 1)
      assert.match(warnings()[0] ?? '', /--geo-database/)
    })
  })
}
