import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  InitiateAuthCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { systemClock } from '../../src/base/clock.ts'
import { lifeguard } from '../cli/lifeguard-process.ts'
import { createAccessKey } from '../support/access-key.ts'
import { engines } from '../support/engines.ts'
import { callback, codeClient, encode, post, requestToken, send } from '../support/oauth.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { signedCall } from '../support/signed-call.ts'
import { openSmsEndpoint } from '../support/sms-endpoint.ts'
import { assertionForm, newClientKey, signAssertion, signProof } from '../support/strict.ts'
import { TestBrowser } from '../support/test-browser.ts'
import { missingHistory } from './previous-release.ts'
import { allFlows, createInstallation, createPool, type Ids, type Installation, type Node, region, waitFor } from './two-releases.ts'

const sms = await openSmsEndpoint()
const publicUrl = 'http://id.example.test'
const host = 'id.example.test'
const key = newClientKey()
const texts = { en: { signInTitle: 'Welcome back' } }

for (const engine of engines) {
  // The tests are the steps of an upgrade that is taken back, and then made again, in this order.
  describe(`Going back to the previous release, while its servers still run, on ${engine.name}`, { skip: missingHistory() }, () => {
    let installation: Installation
    let previous: Node
    let current: Node
    let ids: Ids
    /** An app client that authenticates itself by a key, and one without, whose codes and tokens are bound to a key. */
    let keyed: string
    let bound: string
    let code: string
    let refreshToken: string
    let pushed: string

    const call = async (operation: string, request: object) =>
      signedCall({ url: current.url, region, clock: systemClock }, await createAccessKey([], installation.env), operation, request)
    const proofOf = async (by = key) => ({
      host,
      dpop: await signProof(by, { url: `${publicUrl}/oauth2/token`, now: Date.now() }),
    })
    const redeem = async (headers: Readonly<Record<string, string>>) =>
      requestToken(current, { grant_type: 'authorization_code', client_id: bound, redirect_uri: callback, code }, headers)

    async function createClient(name: string): Promise<string> {
      const request = { UserPoolId: ids.poolId, ClientName: name, ...codeClient, ExplicitAuthFlows: allFlows }
      return (await current.sdk.send(new CreateUserPoolClientCommand(request))).UserPoolClient?.ClientId ?? ''
    }
    async function codeBoundToKey(): Promise<string> {
      const { calculateJwkThumbprint } = await import('jose')
      const dpop_jkt = await calculateJwkThumbprint(key.jwk)
      const request = { response_type: 'code', client_id: bound, redirect_uri: callback, scope: 'openid', dpop_jkt }
      return (await new TestBrowser(current, host).signIn(request, 'ana')).searchParams.get('code') ?? ''
    }
    async function push() {
      const audience = `${publicUrl}/${ids.poolId}`
      const assertion = assertionForm(await signAssertion(key, { clientId: keyed, audience, now: Date.now() }))
      const form = { client_id: keyed, response_type: 'code', redirect_uri: callback, scope: 'openid', ...assertion }
      return post(current, '/oauth2/par', form, { host })
    }

    before(async () => {
      installation = await createInstallation(engine, sms)
      previous = await installation.startPrevious()
      ids = await createPool(previous)
      await givenUser(previous.sdk, ids.poolId, 'ana')
      const { code, stderr } = await lifeguard(['db', 'migrate'], { LIFEGUARD_DATABASE: installation.database.url })
      assert.deepEqual([code, stderr], [0, ''])
      current = await installation.startThis()
    })
    after(() => installation?.close())

    it('begins with what only this release has: keys of clients, bound codes and tokens, pushed requests, own texts', async () => {
      await call('SetUserPoolExtensions', { UserPoolId: ids.poolId, OAuth: { Manner: 'STRICT' }, HostedPages: { Texts: texts } })
      keyed = await createClient('keyed')
      bound = await createClient('bound')
      const PrivateKeyJwt = { Keys: { keys: [key.jwk] } }
      await call('SetUserPoolClientExtensions', { UserPoolId: ids.poolId, ClientId: keyed, PrivateKeyJwt })
      code = await codeBoundToKey()
      const { body } = await redeem(await proofOf())
      assert.equal(body['token_type'], 'DPoP', JSON.stringify(body))
      refreshToken = String(body['refresh_token'])
      code = await codeBoundToKey()
      const answer = await push()
      assert.equal(answer.status, 201, answer.text)
      pushed = String(answer.body['request_uri'])
    })

    it('goes on with the previous release, which has no OAuth endpoints and refuses the bound refresh token', async () => {
      const { code: exit, stderr } = await current.process.stop()
      assert.deepEqual([exit, stderr], [0, ''])
      for (const path of ['/oauth2/authorize', '/login', '/oauth2/par']) {
        assert.equal((await send(previous, `${path}?${encode({ client_id: bound })}`, { headers: { host } })).status, 404, path)
      }
      assert.equal((await requestToken(previous, { grant_type: 'refresh_token', client_id: bound }, { host })).status, 404)
      const AuthParameters = { REFRESH_TOKEN: refreshToken }
      const refresh = new InitiateAuthCommand({ ClientId: bound, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters })
      await assert.rejects(previous.sdk.send(refresh), { name: 'NotAuthorizedException' })
    })

    it('reads and signs in at the app clients, of which the one with keys has no secret, as on this release', async () => {
      for (const ClientId of [keyed, bound]) {
        await waitFor('the previous release knows the client', () =>
          previous.sdk.send(new DescribeUserPoolClientCommand({ UserPoolId: ids.poolId, ClientId })),
        )
        assert.ok((await givenTokens(previous.sdk, ClientId, 'ana')).accessToken)
      }
    })

    it('keeps what it does not know when it changes the pool and the client', async () => {
      await previous.sdk.send(new UpdateUserPoolCommand({ UserPoolId: ids.poolId, AutoVerifiedAttributes: ['phone_number'] }))
      const request = { UserPoolId: ids.poolId, ClientId: keyed, ClientName: 'renamed', ...codeClient, ExplicitAuthFlows: allFlows }
      await previous.sdk.send(new UpdateUserPoolClientCommand(request))
    })

    it('has everything again after the next upgrade: keys, texts, the manner, and codes that only their key redeems', async () => {
      current = await installation.startThis()
      const { OAuth, HostedPages } = await call('GetUserPoolExtensions', { UserPoolId: ids.poolId })
      assert.deepEqual([OAuth.Manner, HostedPages.Texts], ['STRICT', texts])
      const { PrivateKeyJwt } = await call('GetUserPoolClientExtensions', { UserPoolId: ids.poolId, ClientId: keyed })
      assert.deepEqual(PrivateKeyJwt, { Keys: { keys: [key.jwk] } })
      const client = await current.sdk.send(new DescribeUserPoolClientCommand({ UserPoolId: ids.poolId, ClientId: keyed }))
      assert.equal(client.UserPoolClient?.ClientName, 'renamed')

      const stranger = await requestToken(current, { grant_type: 'client_credentials', client_id: keyed }, { host })
      assert.equal(stranger.body['error'], 'invalid_client')
      assert.equal((await redeem(await proofOf(newClientKey('two')))).status, 400)
      const form = { grant_type: 'refresh_token', client_id: bound, refresh_token: refreshToken }
      assert.equal((await requestToken(current, form, { host })).status, 400)
      assert.equal((await requestToken(current, form, await proofOf())).body['token_type'], 'DPoP')
      const signedIn = await new TestBrowser(current, host).signIn({ client_id: keyed, request_uri: pushed }, 'ana')
      assert.ok(signedIn.searchParams.get('code'))
    })
  })
}
