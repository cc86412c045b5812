import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminUpdateAuthEventFeedbackCommand,
  type AuthEventType,
} from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { windowsChrome } from '../../support/encoded-data.ts'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { blocked, describeRisk, type Origin, riskPool, setRisk, signInFrom, takeover } from '../../support/risky-sign-ins.ts'
import type { PoolAndClient } from '../../support/self-service.ts'
import { givenUser, goodPassword, secretHash } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const home = { ip: '84.150.0.1', userAgent: windowsChrome }
const updated = { ...home, userAgent: windowsChrome.replace('126', '127') }
const sameNetwork = { ...updated, ip: '84.150.7.9' }
const macFirefox = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0'
const abroad = { ip: '8.8.8.8', userAgent: macFirefox }

type Ana = PoolAndClient & { readonly clientSecret?: string | undefined }
type SignIn = (server: TestServer, ana: Ana, origin: Origin) => Promise<unknown>

/** The ways to tell the server where the user is. */
const ways: Readonly<Record<string, SignIn>> = {
  'ContextData of a server': (server, ana, origin) => signInFrom(server, ana, 'ana', origin),
  'UserContextData of a client with a secret': (server, { clientId, clientSecret = '' }, { ip, userAgent }) => {
    const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword, SECRET_HASH: secretHash(clientSecret, 'ana', clientId) }
    const body = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters, UserContextData: { IpAddress: ip } }
    return rawCall(server, 'InitiateAuth', body, { 'user-agent': userAgent })
  },
  'X-Forwarded-For of a proxy': (server, { clientId }, { ip, userAgent }) => {
    const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
    const body = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }
    return rawCall(server, 'InitiateAuth', body, { 'x-forwarded-for': ip, 'user-agent': userAgent })
  },
}

for (const engine of engines) {
  describe(`The level of risk on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--trust-proxy', '1'] })

    async function givenAna(options: Parameters<typeof riskPool>[0] = {}): Promise<Ana> {
      const ids = await server().givenPool(riskPool(options))
      await givenUser(server(), ids.poolId, 'ana')
      return ids
    }
    const newest = async ({ poolId }: Ana): Promise<AuthEventType> => (await eventsOf(server(), poolId))[0] ?? assert.fail('no event')
    const levelOfNewest = async (ana: Ana) => (await newest(ana)).EventRisk?.RiskLevel
    const fromHome = async (ana: Ana, times = 10, signIn = ways['ContextData of a server']) => {
      for (let count = 0; count < times; count++) {
        await signIn?.(server(), ana, home)
        server().clock.advance(86_400_000)
      }
    }
    const reasonsOf = async (ana: Ana) => {
      const { Reasons, Points } = await describeRisk(server(), ana.poolId, (await newest(ana)).EventId)
      const byName = Reasons.map(({ Name, Points }: { Name: string; Points: number }) => [Name, Points])
      return { ...Object.fromEntries(byName), sum: Points } as Readonly<Record<string, number>>
    }

    for (const [way, signIn] of Object.entries(ways)) {
      it(`is High from another country and browser, and none from the same network with a newer browser, told by ${way}`, async () => {
        const withSecret = { GenerateSecret: true, EnablePropagateAdditionalUserContextData: true }
        const ana = await givenAna(way.startsWith('UserContextData') ? { client: withSecret } : {})
        await fromHome(ana, 10, signIn)
        await signIn(server(), ana, updated)
        assert.equal(await levelOfNewest(ana), undefined, JSON.stringify(await reasonsOf(ana)))
        await signIn(server(), ana, sameNetwork)
        assert.equal(await levelOfNewest(ana), undefined, JSON.stringify(await reasonsOf(ana)))
        await signIn(server(), ana, abroad)
        const event = await newest(ana)
        assert.equal(event.EventRisk?.RiskLevel, 'High', JSON.stringify(await reasonsOf(ana)))
        assert.deepEqual([event.EventContextData?.IpAddress, event.EventContextData?.Country], [abroad.ip, 'United States'])
      })
    }

    it('falls once the user has signed in from there, unless the feedback says that it was another person', async () => {
      const ana = await givenAna()
      await fromHome(ana)
      await ways['ContextData of a server']?.(server(), ana, abroad)
      const first = await reasonsOf(ana)
      const stranger = await newest(ana)
      server().clock.advance(86_400_000)
      await ways['ContextData of a server']?.(server(), ana, abroad)
      const second = await reasonsOf(ana)
      assert.ok((second['sum'] ?? 0) < (first['sum'] ?? 0), JSON.stringify([first, second]))
      const both = [stranger, await newest(ana)]
      const place = { UserPoolId: ana.poolId, Username: 'ana', FeedbackValue: 'Invalid' } as const
      for (const { EventId } of both) await server().send(new AdminUpdateAuthEventFeedbackCommand({ ...place, EventId }))
      server().clock.advance(86_400_000)
      await ways['ContextData of a server']?.(server(), ana, abroad)
      assert.deepEqual(await reasonsOf(ana), first)
      for (const { EventId } of both)
        await server().send(new AdminUpdateAuthEventFeedbackCommand({ ...place, FeedbackValue: 'Valid', EventId }))
      await ways['ContextData of a server']?.(server(), ana, abroad)
      assert.ok(((await reasonsOf(ana))['sum'] ?? 0) < (first['sum'] ?? 0))
    })

    it('stays High when more of the latest sign-ins are Invalid than are read', async () => {
      const ana = await givenAna()
      await fromHome(ana)
      await setRisk(server(), ana.poolId, takeover({ High: 'NO_ACTION' }))
      for (let count = 0; count < 25; count++) {
        await signInFrom(server(), ana, 'ana', abroad)
        const { EventId } = await newest(ana)
        const feedback = { UserPoolId: ana.poolId, Username: 'ana', FeedbackValue: 'Invalid', EventId } as const
        await server().send(new AdminUpdateAuthEventFeedbackCommand(feedback))
      }
      await setRisk(server(), ana.poolId, takeover({ High: 'BLOCK' }))
      await assert.rejects(signInFrom(server(), ana, 'ana', abroad), blocked)
    })

    it('does not fall by failed attempts, blocked sign-ins and challenges that nobody answers', async () => {
      const ana = await givenAna()
      await fromHome(ana)
      await setRisk(server(), ana.poolId, takeover({ High: 'BLOCK' }))
      await assert.rejects(signInFrom(server(), ana, 'ana', abroad), blocked)
      const first = await reasonsOf(ana)
      for (let count = 0; count < 4; count++) {
        const AuthParameters = { USERNAME: 'ana', PASSWORD: 'Wrong-horse-7' }
        const body = { ClientId: ana.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }
        const answer = await rawCall(server(), 'InitiateAuth', body, { 'x-forwarded-for': abroad.ip, 'user-agent': abroad.userAgent })
        assert.equal(answer.status, 400)
        await assert.rejects(signInFrom(server(), ana, 'ana', abroad), blocked)
      }
      assert.deepEqual(await reasonsOf(ana), first)
    })

    it('of a first sign-in comes from the sign-up', async () => {
      const ana = await server().givenPool(riskPool())
      const { clientId: ClientId, poolId: UserPoolId } = ana
      const body = { ClientId, Username: 'ana', Password: goodPassword }
      await rawCall(server(), 'SignUp', body, { 'x-forwarded-for': home.ip, 'user-agent': home.userAgent })
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId, Username: 'ana' }))
      await signInFrom(server(), ana, 'ana', abroad)
      const { sum = 0, address = 0 } = await reasonsOf(ana)
      assert.ok(address > 0 && sum > 0, JSON.stringify({ sum, address }))
    })

    it('is shown in mode AUDIT, and nothing is blocked', async () => {
      const ana = await givenAna({ mode: 'AUDIT' })
      await fromHome(ana)
      await setRisk(server(), ana.poolId, takeover({ Low: 'BLOCK', Medium: 'BLOCK', High: 'BLOCK' }))
      const { AuthenticationResult } = await signInFrom(server(), ana, 'ana', abroad)
      assert.ok(AuthenticationResult?.AccessToken)
      const { EventResponse, EventRisk } = await newest(ana)
      assert.deepEqual([EventResponse, EventRisk?.RiskDecision, EventRisk?.RiskLevel], ['Pass', 'AccountTakeover', 'High'])
    })
  })
}
