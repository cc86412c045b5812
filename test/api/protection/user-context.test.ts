import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { AdminInitiateAuthCommand, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { windowsChrome } from '../../support/encoded-data.ts'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const withThreatProtection = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } } as const

/** What the newest event of Ana shows of where it came from. */
const newestOf = async (server: TestServer, poolId: string) => (await eventsOf(server, poolId))[0]?.EventContextData

for (const engine of engines) {
  describe(`Where an auth event comes from on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(client = {}) {
      const ids = await server().givenPool({ ...withThreatProtection, client })
      await givenUser(server(), ids.poolId, 'ana')
      return ids
    }

    function signInAsServer({ poolId, clientId }: { poolId: string; clientId: string }, ip: string, userAgent = windowsChrome) {
      const HttpHeaders = [{ headerName: 'user-agent', headerValue: userAgent }]
      const ContextData = { IpAddress: ip, ServerName: 'app', ServerPath: '/', HttpHeaders }
      const flow = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' } as const
      return server().send(
        new AdminInitiateAuthCommand({ ...flow, AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword }, ContextData }),
      )
    }

    it('is the country of an IPv4, IPv6 or IPv4-mapped address, and none for addresses that have no place', async () => {
      const ana = await givenAna()
      const countries = {
        '84.150.0.1': 'Germany',
        '2003::1': 'Germany',
        '2003:0000:0000:0000:0000:0000:0000:0001': 'Germany',
        '::ffff:84.150.0.1': 'Germany',
        '::ffff:5496:1': 'Germany',
        '8.8.8.8': 'United States',
        '127.0.0.1': undefined,
        '10.1.2.3': undefined,
        '::1': undefined,
        'fe80::1': undefined,
        '240.0.0.1': undefined,
      }
      for (const [ip, country] of Object.entries(countries)) {
        await signInAsServer(ana, ip)
        const shown = await newestOf(server(), ana.poolId)
        assert.deepEqual([shown?.IpAddress, shown?.Country], [ip, country])
      }
    })

    it('is no address when ContextData has none that can be read', async () => {
      const ana = await givenAna()
      for (const ip of ['', 'localhost', '84.150.0.1, 8.8.8.8', '84.150.0.256', '__proto__', `84.150.0.1${' '.repeat(1000)}`]) {
        await signInAsServer(ana, ip)
        assert.deepEqual(await newestOf(server(), ana.poolId), { DeviceName: 'Chrome 126, Windows 10' })
      }
    })

    it('has a short device name, whatever the User-Agent is', async () => {
      const ana = await givenAna()
      const names = {
        [`${windowsChrome} ${'x'.repeat(100_000)}`]: 'Chrome 126, Windows 10',
        ['('.repeat(100_000)]: 'Other, Other',
        [`Mozilla/5.0 (${'Windows NT '.repeat(9000)}`]: /^Other, Windows$/,
        'Mozilla/5.0 <script>alert(1)</script> evil/1.0': 'Other, Other',
        __proto__: 'Other, Other',
        'constructor/1.0': 'Other, Other',
        [windowsChrome.replace('126', '9'.repeat(500))]: /^Chrome/,
      }
      for (const [userAgent, name] of Object.entries(names)) {
        await signInAsServer(ana, '84.150.0.1', userAgent)
        const { DeviceName = '' } = (await newestOf(server(), ana.poolId)) ?? {}
        if (typeof name === 'string') assert.equal(DeviceName, name)
        else assert.match(DeviceName, name)
        assert.ok(DeviceName.length < 60, DeviceName)
      }
    })

    it('is the address in UserContextData only if the client may say it', async () => {
      for (const mayTell of [true, false]) {
        const client = { GenerateSecret: true, EnablePropagateAdditionalUserContextData: mayTell }
        const { poolId, clientId, clientSecret = '' } = await givenAna(client)
        const SECRET_HASH = createHmac('sha256', clientSecret).update(`ana${clientId}`).digest('base64')
        const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword, SECRET_HASH }
        const UserContextData = { IpAddress: '84.150.0.1' }
        await server().send(
          new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters, UserContextData }),
        )
        const shown = await newestOf(server(), poolId)
        assert.deepEqual([shown?.IpAddress, shown?.Country], mayTell ? ['84.150.0.1', 'Germany'] : ['127.0.0.1', undefined])
      }
    })

    it('is the address of the connection when X-Forwarded-For is forged', async () => {
      const { poolId, clientId } = await givenAna()
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const body = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }
      const answer = await rawCall(server(), 'InitiateAuth', body, { 'x-forwarded-for': '84.150.0.1', 'user-agent': windowsChrome })
      assert.equal(answer.status, 200)
      assert.deepEqual(await newestOf(server(), poolId), { IpAddress: '127.0.0.1', DeviceName: 'Chrome 126, Windows 10' })
    })
  })

  describe(`Where an auth event comes from behind a proxy on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--trust-proxy', '1'] })

    it('is the address that the proxy added, and not the one before it', async () => {
      const { poolId, clientId } = await server().givenPool(withThreatProtection)
      await givenUser(server(), poolId, 'ana')
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const body = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }
      await rawCall(server(), 'InitiateAuth', body, { 'x-forwarded-for': '8.8.8.8, 84.150.0.1' })
      const shown = await newestOf(server(), poolId)
      assert.deepEqual([shown?.IpAddress, shown?.Country], ['84.150.0.1', 'Germany'])
    })
  })
}
