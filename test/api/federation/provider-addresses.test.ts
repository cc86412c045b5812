import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, it } from 'node:test'
import {
  CreateIdentityProviderCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestEngine } from '../../support/engines.ts'
import { appRequest } from '../../support/federation.ts'
import { beginAt, comeBack, runHostileProvider, signed, tokenAnswer } from '../../support/hostile-provider.ts'
import { codeClient, encode } from '../../support/oauth.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'

const base = { client_id: 'lifeguard', client_secret: 's', authorize_scopes: 'openid', attributes_request_method: 'GET' }

/** A server in production that may call one private origin. */
async function runGuarded(engine: TestEngine, allowed: string) {
  const server = await startProductionServer(engine, {
    flags: ['--private-identity-providers', allowed, '--require-reachable-providers=false'],
  })
  const owner = server.client(await server.createKey())
  const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'guarded' }))
  const UserPoolId = UserPool?.Id ?? ''
  let count = 0
  return {
    server,
    /** A provider, and a client that offers only this one. */
    async givenProvider(ProviderType: 'OIDC' | 'SAML', ProviderDetails: Record<string, string>) {
      const ProviderName = `Corp${++count}`
      await owner.send(new CreateIdentityProviderCommand({ UserPoolId, ProviderName, ProviderType, ProviderDetails }))
      const client = { ...codeClient, UserPoolId, ClientName: ProviderName, SupportedIdentityProviders: [ProviderName] }
      const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand(client))
      return { ProviderName, clientId: UserPoolClient?.ClientId ?? '' }
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

for (const engine of engines) {
  describe(`Addresses of identity providers in production on ${engine.name}`, async () => {
    const provider = await runHostileProvider()
    const { port } = new URL(provider.issuer)

    it('have to be public, whatever names them', { timeout: 120_000 }, async () => {
      await using guarded = await runGuarded(engine, 'https://allowed.test')
      const { server, givenProvider } = guarded
      const visit = async (clientId: string, identity_provider: string) =>
        locationOf(await new TestBrowser(server).visit(`/oauth2/authorize?${encode(appRequest(clientId, { identity_provider }))}`))
      const issuers = [
        ...['https://10.0.0.1', 'https://169.254.169.254', 'https://192.168.1.1/x', 'https://[::1]', 'https://[fd00::1]'],
        ...['https://[::ffff:127.0.0.1]', `https://2130706433:${port}`, `https://0x7f.1:${port}`, `https://0:${port}`],
        ...[`https://${hostname()}:${port}`, `https://127.0.0.1:${port}`, `http://localhost:${port}`, provider.issuer],
      ]
      for (const oidc_issuer of issuers) {
        const { ProviderName, clientId } = await givenProvider('OIDC', { ...base, oidc_issuer })
        assert.equal(errorIn(await visit(clientId, ProviderName)).description, `${ProviderName} Error - address not allowed`, oidc_issuer)
        const saml = await givenProvider('SAML', { MetadataURL: `${oidc_issuer}/metadata` })
        assert.match(errorIn(await visit(saml.clientId, saml.ProviderName)).description ?? '', /^Error retrieving metadata from /)
      }
      assert.deepEqual(await provider.takeRequests(), [])
    })

    it('may be private where the operator allows the origin, and no other origin with it', { timeout: 120_000 }, async () => {
      await using guarded = await runGuarded(engine, provider.issuer)
      const { server, givenProvider } = guarded
      const own = { authorize_url: '/auth', token_url: '/token', jwks_uri: '/jwks', attributes_url: '/userinfo' }
      const endpoints = Object.fromEntries(Object.entries(own).map(([key, path]) => [key, provider.issuer + path]))
      for (const key of [undefined, 'token_url', 'jwks_uri', 'attributes_url']) {
        const moved = key === undefined ? {} : { [key]: `http://localhost:${port}/moved` }
        const details = { ...base, oidc_issuer: provider.issuer, ...endpoints, ...moved }
        const { ProviderName, clientId } = await givenProvider('OIDC', details)
        const begun = await beginAt(server, provider, clientId, { identity_provider: ProviderName })
        await provider.answer({ '/token': tokenAnswer(await signed(provider, begun.claims)) })
        const { description } = errorIn(await comeBack(begun))
        assert.equal(description, key === undefined ? null : `${ProviderName} Error - address not allowed`, `${key}`)
      }
    })
  })
}
