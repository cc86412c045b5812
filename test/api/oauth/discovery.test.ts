import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  DeleteUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callback, codeClient, encode, givenOAuthPool, send } from '../../support/oauth.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { givenUser } from '../../support/sign-in.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const CustomDomainConfig = { CertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555' }

for (const engine of engines) {
  describe(`The discovery document on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const discover = async (poolId: string) => (await send(server(), `/${poolId}/.well-known/openid-configuration`)).body

    it('has the members of Cognito in their order', async () => {
      const { poolId } = await givenOAuthPool(server())
      const { url } = server()
      assert.deepEqual(Object.entries(await discover(poolId)), [
        ['authorization_endpoint', `${url}/oauth2/authorize`],
        ['end_session_endpoint', `${url}/logout`],
        ['id_token_signing_alg_values_supported', ['RS256']],
        ['issuer', `${url}/${poolId}`],
        ['jwks_uri', `${url}/${poolId}/.well-known/jwks.json`],
        ['response_types_supported', ['code', 'token']],
        ['revocation_endpoint', `${url}/oauth2/revoke`],
        ['scopes_supported', ['openid', 'email', 'phone', 'profile']],
        ['subject_types_supported', ['public']],
        ['token_endpoint', `${url}/oauth2/token`],
        ['token_endpoint_auth_methods_supported', ['client_secret_basic', 'client_secret_post']],
        ['userinfo_endpoint', `${url}/oauth2/userInfo`],
      ])
    })

    it('names the custom domain of the pool, and on this machine no prefix domain', async () => {
      const { poolId } = await givenOAuthPool(server())
      const prefix = `two-${poolId.slice(-9).toLowerCase()}`
      const Domain = `auth.${prefix}.localhost`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: prefix }))
      assert.equal((await discover(poolId))['token_endpoint'], `${server().url}/oauth2/token`)
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain, CustomDomainConfig }))
      const { port } = new URL(server().url)
      assert.equal((await discover(poolId))['token_endpoint'], `http://${Domain}:${port}/oauth2/token`)
      await server().send(new DeleteUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
      assert.equal((await discover(poolId))['token_endpoint'], `${server().url}/oauth2/token`)
    })

    it('leads to a custom domain that serves the clients of its pool only, until the domain is deleted', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const other = await givenOAuthPool(server())
      const Domain = `auth.shop-${poolId.slice(-9).toLowerCase()}.localhost`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain, CustomDomainConfig }))
      const ask = async (client_id: string) => {
        const query = encode({ client_id, redirect_uri: callback, response_type: 'code' })
        return (await send(server(), `/oauth2/authorize?${query}`, { headers: { host: Domain.toUpperCase() } })).headers.get('location')
      }
      assert.match((await ask(clientId)) ?? '', /^\/login\?/)
      assert.match((await ask(other.clientId)) ?? '', /^\/error\?/)
      await server().send(new DeleteUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
      // The host now belongs to no pool, so the client names the pool, as on the main host.
      assert.match((await ask(other.clientId)) ?? '', /^\/login\?/)
    })
  })

  describe(`The hosted pages in production on ${engine.name}`, () => {
    it('name the prefix domain in the discovery document, and keep their cookies to one host', async () => {
      await using server = await startProductionServer(engine, { flags: ['--public-url', 'https://id.example.test'] })
      const owner = server.client(await server.createKey())
      const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'shop' }))
      const UserPoolId = UserPool?.Id ?? ''
      await owner.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain: 'shop' }))
      const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'web', ...codeClient }))
      await givenUser(owner, UserPoolId, 'ana')
      const { body } = await send(server, `/${UserPoolId}/.well-known/openid-configuration`)
      assert.equal(body['authorization_endpoint'], 'https://shop.auth.id.example.test/oauth2/authorize')
      assert.equal(body['issuer'], `https://id.example.test/${UserPoolId}`)

      const query = encode({ client_id: UserPoolClient?.ClientId, redirect_uri: callback, response_type: 'code' })
      for (const [host, name] of [
        ['shop.auth.id.example.test', '__Host-cognito'],
        ['id.example.test', `__Host-cognito-${UserPoolId}`],
      ]) {
        const browser = new TestBrowser(server, host)
        const { headers } = await browser.submitLogin(`/login?${query}`, 'ana')
        assert.match(headers.get('location') ?? '', /code=/)
        assert.match(headers.get('set-cookie') ?? '', /; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/)
        assert.deepEqual([...browser.cookies.keys()], ['__Host-XSRF-TOKEN', name])
      }
    })
  })
}
