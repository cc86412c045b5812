import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  type CreateUserPoolDomainCommandInput,
  DescribeUserPoolDomainCommand,
  UpdateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

type Rejection = { request: Partial<CreateUserPoolDomainCommandInput> & { Domain: string }; message?: string }

const custom = { CustomDomainConfig: { CertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/4d43904c' } }
const pattern = '^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?$'
const routing = { Failover: { SecondaryRegion: 'eu-west-1', PrimaryRoute53HealthCheckId: 'check' } }

/** Invalid domains. The error is InvalidParameterException. */
const rejections: Record<string, Rejection> = {
  'a prefix that contains a reserved word': { request: { Domain: 'my-aws-app' }, message: 'Domain cannot contain reserved word: aws' },
  'a prefix that is a reserved word': { request: { Domain: 'cognito' }, message: 'Domain cannot contain reserved word: cognito' },
  'a prefix with dots': {
    request: { Domain: 'login.shop.test' },
    message: `The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ${pattern}`,
  },
  'a prefix with failover routing': { request: { Domain: 'shop', Routing: routing } },
  'a prefix in upper case': { request: { Domain: 'Shop' } },
  'a prefix that ends in a hyphen': { request: { Domain: 'shop-' } },
  'a prefix with a path': { request: { Domain: 'shop/../../x' } },
  'a prefix with a line break': { request: { Domain: 'shop\nhost' } },
  'an empty prefix': { request: { Domain: '' } },
  'a prefix of 64 characters': { request: { Domain: 'x'.repeat(64) } },
  'a custom domain without a parent': { request: { Domain: 'shop', ...custom } },
  'a custom domain with a wildcard': { request: { Domain: '*.shop.test', ...custom } },
  'an IP address as custom domain': { request: { Domain: '127.0.0.1', ...custom } },
  'a custom domain with a port': { request: { Domain: 'login.shop.test:443', ...custom } },
  'the parent of all prefix domains as custom domain': { request: { Domain: 'auth.localhost', ...custom } },
  'a name below the parent of all prefix domains as custom domain': { request: { Domain: 'others.auth.localhost', ...custom } },
  'an unknown ManagedLoginVersion': { request: { Domain: 'shop', ManagedLoginVersion: 3 } },
  'a ManagedLoginVersion of 0': { request: { Domain: 'shop', ManagedLoginVersion: 0 } },
}

for (const engine of engines) {
  describe(`CreateUserPoolDomain on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [what, { request, message }] of Object.entries(rejections)) {
      it(`rejects ${what}`, async () => {
        const { poolId } = await server().givenPool()
        const expected = { name: 'InvalidParameterException', ...(message !== undefined && { message }) }
        await assert.rejects(server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, ...request })), expected)
      })
    }

    it('rejects a pool that does not exist', async () => {
      const create = new CreateUserPoolDomainCommand({ UserPoolId: 'us-east-1_nowhere', Domain: 'shop' })
      await assert.rejects(server().send(create), { name: 'ResourceNotFoundException' })
    })

    it('creates a prefix domain, for which UpdateUserPoolDomain rejects settings of custom domains and invalid values', async () => {
      const { poolId } = await server().givenPool()
      const place = { UserPoolId: poolId, Domain: 'my-awsome-app' }
      await server().send(new CreateUserPoolDomainCommand(place))
      for (const change of [custom, { Routing: routing }, { ManagedLoginVersion: 3 }]) {
        await assert.rejects(server().send(new UpdateUserPoolDomainCommand({ ...place, ...change })), { name: 'InvalidParameterException' })
      }
      const { DomainDescription: shown } = await server().send(new DescribeUserPoolDomainCommand({ Domain: place.Domain }))
      assert.deepEqual([shown?.ManagedLoginVersion, shown?.Routing], [1, undefined])
    })
  })

  describe(`A domain with --enforce-tiers on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--enforce-tiers'] })

    it('cannot have managed login in the LITE tier', async () => {
      const { poolId } = await server().givenPool({ pool: { UserPoolTier: 'LITE' } })
      const place = { UserPoolId: poolId, Domain: 'lite' }
      const expected = { name: 'FeatureUnavailableInTierException' }
      await assert.rejects(server().send(new CreateUserPoolDomainCommand({ ...place, ManagedLoginVersion: 2 })), expected)
      await server().send(new CreateUserPoolDomainCommand(place))
      await assert.rejects(server().send(new UpdateUserPoolDomainCommand({ ...place, ManagedLoginVersion: 2 })), expected)
    })
  })
}
