import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { anaEmail, givenRiskyPool, linksIn, noticeTo, setTakeover, setThreatProtection } from '../../support/notices.ts'
import { messagesOf, sentTo } from '../../support/self-service.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const blocked = { name: 'NotAuthorizedException', message: 'Unable to login because of security reasons.' }
const day = 24 * 60 * 60_000

for (const engine of engines) {
  describe(`A notice of a risky sign-in, within its limits, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const signIn = (clientId: string, username = 'ana') => signInByPassword(server(), clientId, username)

    it('goes to an address that is not verified, and to no user without an address', async () => {
      const { poolId, clientId } = await givenRiskyPool(server(), { attributes: { email: anaEmail } })
      await signIn(clientId)
      assert.deepEqual(await sentTo(server(), poolId), [`risk-notice ${anaEmail}`])
      await givenUser(server(), poolId, 'bob')
      for (let at = 0; at < 2; at++) await givenTokens(server(), clientId, 'bob')
      assert.deepEqual(await sentTo(server(), poolId), [`risk-notice ${anaEmail}`])
    })

    it('is sent once for each kind and day, or as often as the pool says', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      for (let at = 0; at < 3; at++) await signIn(clientId)
      assert.equal((await messagesOf(server(), poolId)).length, 1)
      await setTakeover(server(), poolId, { EventAction: 'BLOCK' })
      for (let at = 0; at < 3; at++) await assert.rejects(signIn(clientId), blocked)
      assert.equal((await messagesOf(server(), poolId)).length, 2)
      server().clock.advance(day)
      await assert.rejects(signIn(clientId), blocked)
      assert.equal((await messagesOf(server(), poolId)).length, 3)
      await setThreatProtection(server(), poolId, { Thresholds: { Low: -1000, Medium: 900, High: 1000 }, RiskNoticesPerDay: 0 })
      server().clock.advance(day)
      await assert.rejects(signIn(clientId), blocked)
      assert.equal((await messagesOf(server(), poolId)).length, 3)
    })

    it('is sent as often as the limit says when many risky sign-ins come at once', async () => {
      const { poolId, clientId } = await givenRiskyPool(server(), { settings: { RiskNoticesPerDay: 2 } })
      const answers = await Promise.all(Array.from({ length: 12 }, () => signIn(clientId)))
      assert.ok(answers.every(({ AuthenticationResult }) => AuthenticationResult?.AccessToken !== undefined))
      assert.deepEqual(await sentTo(server(), poolId), [`risk-notice ${anaEmail}`, `risk-notice ${anaEmail}`])
    })

    it('does not use up the limit of codes to the recipient, and is not held back by it', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { MaxPerRecipientPerHour: 1 } })
      await setThreatProtection(server(), poolId, { Thresholds: { Low: -1000, Medium: 900, High: 1000 }, RiskNoticesPerDay: 5 })
      for (let at = 0; at < 3; at++) await signIn(clientId)
      assert.equal((await messagesOf(server(), poolId)).length, 3)
    })

    it('does not show in the answer: a blocked user with an address and one without get the same', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      await givenUser(server(), poolId, 'bob')
      await givenTokens(server(), clientId, 'bob')
      await setTakeover(server(), poolId, { EventAction: 'BLOCK' })
      const answers = await Promise.all(
        ['ana', 'bob', 'ana'].map((username) =>
          signIn(clientId, username).then(
            () => 'signed in',
            ({ name, message }) => [name, message],
          ),
        ),
      )
      assert.deepEqual(
        answers,
        answers.map(() => [blocked.name, blocked.message]),
      )
      assert.deepEqual(await sentTo(server(), poolId), [`risk-notice ${anaEmail}`])
    })

    it('is not sent in mode AUDIT, and where the response does not say so', async () => {
      const audit = { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' as const } }
      for (const given of [
        await givenRiskyPool(server(), { pool: audit }),
        await (async () => {
          const pool = await givenRiskyPool(server())
          await setTakeover(server(), pool.poolId, { Notify: false })
          return pool
        })(),
      ]) {
        await signIn(given.clientId)
        assert.deepEqual(await sentTo(server(), given.poolId), [])
      }
    })

    it('does not fail the sign-in in a pool that fails calls over a limit of messages', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      const Messages = { MaxPerDay: 0, OnRefusal: 'FAIL' }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { ...Messages, MaxPerDay: 1 } })
      await setThreatProtection(server(), poolId, { Thresholds: { Low: -1000, Medium: 900, High: 1000 }, RiskNoticesPerDay: 5 })
      for (let at = 0; at < 2; at++) assert.ok((await signIn(clientId)).AuthenticationResult)
      const { Messages: listed } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })
      assert.deepEqual(
        listed.map(({ Kind, State }: Record<string, string>) => [Kind, State]),
        [
          ['AccountTakeOverNotification', 'FAILED'],
          ['AccountTakeOverNotification', 'SENT'],
        ],
      )
    })

    it('can be read in the inbox and the message records, and can be suppressed', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      await signIn(clientId)
      const notice = await noticeTo(server(), poolId)
      const page = await (await fetch(`${server().url}/inbox/messages/${notice.id}`)).text()
      assert.match(page, /unusual sign-in/)
      assert.deepEqual(linksIn(notice.html ?? '').length, 2)
      await callLifeguard(server(), 'SetUserPoolExtensions', {
        UserPoolId: poolId,
        Messages: { Suppress: ['AccountTakeOverNotification'] },
      })
      await setTakeover(server(), poolId, { EventAction: 'BLOCK' })
      await assert.rejects(signIn(clientId), blocked)
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId, Username: 'ana' })
      assert.deepEqual(
        Messages.map(({ Kind, State }: Record<string, string>) => [Kind, State]),
        [
          ['AccountTakeOverNotification', 'SUPPRESSED'],
          ['AccountTakeOverNotification', 'SENT'],
        ],
      )
      const read = { UserPoolId: poolId, MessageId: notice.id, Reason: 'help' }
      await assert.rejects(callLifeguard(server(), 'ReadMessageCode', read), { message: /holds no code/ })
    })
  })
}
