import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { decideOn, givenDevice, givenDevicePool, poll, typeUserCode, wrongUserCode } from '../../support/device-grant.ts'
import { engines } from '../../support/engines.ts'
import { newKeys, rotate } from '../../support/master-keys.ts'
import { alertIn } from '../../support/page-texts.ts'
import { formActionIn, hiddenFieldsIn, TestBrowser } from '../../support/test-browser.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'

const tooMany = 'Too many attempts. Please wait a while and try again.'

for (const engine of engines) {
  describe(`Guesses of user codes on ${engine.name}`, () => {
    it('are limited for each network, also when they are sent at once. Right codes do not count', async () => {
      await using server = await startTestServer(engine, { flags: ['--trust-proxy', '1'] })
      const { clientId } = await givenDevicePool(server)
      const device = await givenDevice(server, clientId)
      const browser = new TestBrowser(server)
      const form = await browser.visit(device.page)
      const type = (user_code: string, address: string) =>
        browser.submit(formActionIn(form), { ...hiddenFieldsIn(form), user_code }, { 'x-forwarded-for': address })
      const [thief, owner] = ['198.51.100.7', '198.51.100.8']
      for (let at = 0; at < 25; at++) assert.equal((await type(device.userCode, owner)).status, 302)
      const guesses = await Promise.all(Array.from({ length: 30 }, () => type('BCDF-GHJK', thief)))
      const alerts = guesses.map(alertIn)
      assert.deepEqual([alerts.filter((text) => text === wrongUserCode).length, alerts.filter((text) => text === tooMany).length], [20, 10])
      assert.equal(alertIn(await type(device.userCode, thief)), tooMany)
      assert.equal((await type(device.userCode, owner)).status, 302)
      const networks = ['2001:db8::1', '2001:db8::2']
      for (let at = 0; at < 20; at++) await type('BCDF-GHJK', networks[at % 2] ?? '')
      assert.equal(alertIn(await type(device.userCode, '2001:db8::3')), tooMany)
      server.clock.advance(3_600_000)
      const later = await givenDevice(server, clientId)
      assert.equal((await type(later.userCode, thief)).status, 302)
    })
  })

  describe(`The limit of wrong user codes in a pool on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('stops guesses from many networks, and is not used up by a network that is over its own limit', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const { page, userCode } = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const storage = await openStorage({ url: server().databaseUrl })
      try {
        const counted = { pool_id: poolId, count: 4999, window_started_at: server().clock.now(), locked_until: 0, updated_at: 0 }
        const wrongOfOthers = { ...counted, subject: 'pool', action: 'UserCodeOfPool' }
        await storage.db.insertInto('attempt').values(wrongOfOthers).execute()
        assert.equal((await typeUserCode(browser, page, userCode)).status, 302)
        assert.equal(alertIn(await typeUserCode(browser, page, 'BCDF-GHJK')), wrongUserCode)
        assert.equal(alertIn(await typeUserCode(browser, page, userCode)), tooMany)
        for (let at = 0; at < 25; at++) await typeUserCode(browser, page, 'BCDF-GHJK')
        const attempts = storage.db.selectFrom('attempt').select('count').where('action', '=', 'UserCodeOfPool')
        assert.ok(((await attempts.executeTakeFirst())?.count ?? 0) <= 5020)
      } finally {
        await storage.close()
      }
    })
  })

  describe(`A user code from before a change of the master key on ${engine.name}`, () => {
    it('works while servers have both keys', async () => {
      const keys = newKeys()
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before } })
      const { clientId } = await givenDevicePool(server)
      const device = await givenDevice(server, clientId)
      const asKey = (key: string) => Buffer.from(key, 'base64')
      await server.restart({ masterKey: asKey(keys.after), previousMasterKey: asKey(keys.before) })
      await rotate(server.databaseUrl, keys)
      await server.restart()
      await decideOn(new TestBrowser(server), device, 'allow')
      assert.equal((await poll(server, device)).status, 200)
    })
  })
}
