import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountAt, act, fieldOfEntry, givenAccountPool, linkAtGoogle, signInToAccount } from '../../support/account-page.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { anaEmail, enforced, setThreatProtection } from '../../support/notices.ts'
import { noticeIn } from '../../support/page-texts.ts'
import { messagesOf } from '../../support/self-service.ts'
import { off, setSelfService, without } from '../../support/self-service-switches.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

for (const engine of engines) {
  describe(`UnlinkProvider on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    /** Ana has linked an account at Google, and a password. */
    async function given(options: TestPoolOptions = {}) {
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const pool = await givenAccountPool(server(), { client, ...options })
      await linkAtGoogle(server(), pool.poolId, 'ana', 'ana-at-google')
      const { accessToken } = await givenTokens(server(), pool.clientId, 'ana')
      const unlink = (more: object = {}) =>
        callLifeguard(server(), 'UnlinkProvider', { AccessToken: accessToken, ProviderName: 'Google', UserId: 'ana-at-google', ...more })
      const identities = async () => {
        const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: 'ana' }))
        const text = UserAttributes.find(({ Name }) => Name === 'identities')?.Value ?? '[]'
        return (JSON.parse(text) as { userId: string }[]).map(({ userId }) => userId)
      }
      return { ...pool, unlink, identities }
    }
    const notices = async (poolId: string) =>
      (await messagesOf(server(), poolId)).map(({ recipient, subject }) => `${recipient}: ${subject}`)
    const removed = `${anaEmail}: A way to sign in to your account was removed`

    it('unlinks an identity of the user, once', async () => {
      const { poolId, unlink, identities } = await given()
      assert.deepEqual(await unlink(), {})
      assert.deepEqual(await identities(), [])
      await assert.rejects(unlink(), { name: 'ResourceNotFoundException', message: 'The user has no such identity.' })
      // Another user can have it now.
      await givenUser(server(), poolId, 'bea')
      await linkAtGoogle(server(), poolId, 'bea', 'ana-at-google')
    })

    it('refuses identities of other users', async () => {
      const { poolId, clientId, unlink, identities } = await given()
      await givenUser(server(), poolId, 'bea')
      const { accessToken: AccessToken } = await givenTokens(server(), clientId, 'bea')
      await assert.rejects(unlink({ AccessToken }), { name: 'ResourceNotFoundException' })
      await assert.rejects(unlink({ UserId: 'other' }), { name: 'ResourceNotFoundException' })
      await assert.rejects(unlink({ ProviderName: 'Corp' }), { name: 'ResourceNotFoundException' })
      assert.deepEqual(await identities(), ['ana-at-google'])
    })

    it('tells the user, where the pool wants notices of linked identities', async () => {
      const { poolId, clientId, unlink } = await given({ pool: enforced, client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } })
      await setThreatProtection(server(), poolId, { AccountNotices: ['IDENTITY'] })
      await unlink()
      assert.deepEqual(await notices(poolId), [removed])
      const [notice] = await messagesOf(server(), poolId)
      assert.match(notice?.text ?? '', /Your account at Google was unlinked from this account on \d{4}-/)
      const Templates = { de: { IdentityUnlinkedEmail: '<p>{provider} ist weg</p>', IdentityUnlinkedEmailSubject: 'Weg' } }
      const { Messages } = await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Templates } })
      assert.deepEqual((Messages as { Templates: object }).Templates, Templates)
      // The account page does the same.
      await linkAtGoogle(server(), poolId, 'ana', 'ana-again')
      const { browser } = await signInToAccount(server(), clientId)
      const links = accountAt(clientId, 'links')
      const id = fieldOfEntry(await browser.visit(links), 'Google')
      assert.equal(noticeIn(await act(browser, links, 'unlink', { id })), 'The entry was removed.')
      assert.equal((await browser.visit(links)).status, 404)
      assert.deepEqual(await notices(poolId), [removed, removed])
      await setThreatProtection(server(), poolId, { AccountNotices: ['PASSWORD'] })
      await linkAtGoogle(server(), poolId, 'ana', 'ana-at-google')
      await unlink()
      assert.equal((await notices(poolId)).length, 2)
    })

    it('tells a custom sender that the identity was unlinked', async () => {
      const triggers = endpoint.given({ CustomEmailSender: agree })
      const { poolId, unlink } = await given({
        pool: { ...enforced, LambdaConfig: triggers.lambdaConfig },
        client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] },
      })
      await setThreatProtection(server(), poolId, { AccountNotices: ['IDENTITY'] })
      await unlink()
      await messagesOf(server(), poolId)
      const { CHANGE_TIME: _, ...facts } = triggers.events[0]?.request.userAttributes ?? {}
      assert.deepEqual(facts, { EMAIL: anaEmail, USER_NAME: 'ana', ACCOUNT_CHANGE: 'IDENTITY_UNLINKED', PROVIDER: 'Google' })
    })

    it('is refused where the pool does not let users do it', async () => {
      const { poolId, unlink, identities } = await given()
      await setSelfService(server(), poolId, without('UnlinkProvider'))
      await assert.rejects(unlink(), off('UnlinkProvider'))
      assert.deepEqual(await identities(), ['ana-at-google'])
    })
  })
}
