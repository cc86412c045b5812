import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  type CreateUserPoolDomainCommandInput,
  DeleteUserPoolCommand,
  DeleteUserPoolDomainCommand,
  DescribeUserPoolCommand,
  DescribeUserPoolDomainCommand,
  UpdateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/4d43904c-8edf-4bb4-9fca-fb1a80e41cbe'
const routing = { Failover: { SecondaryRegion: 'eu-west-1', PrimaryRoute53HealthCheckId: 'abcdef11-2222-3333-4444-555555fedcba' } }

let prefixes = 0
/** A prefix that no other test uses. */
const newPrefix = () => `shop-${++prefixes}`

async function create(server: TestServer, poolId: string, domain: string, request: Partial<CreateUserPoolDomainCommandInput> = {}) {
  const { $metadata, ...answer } = await server.send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: domain, ...request }))
  return answer
}

async function describeDomain(server: TestServer, domain: string) {
  return (await server.send(new DescribeUserPoolDomainCommand({ Domain: domain }))).DomainDescription
}

async function newPool(server: TestServer): Promise<string> {
  return (await server.givenPool()).poolId
}

async function domainsOf(server: TestServer, poolId: string) {
  const { UserPool: pool } = await server.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
  return [pool?.Domain, pool?.CustomDomain]
}

const noSuch = { name: 'InvalidParameterException', message: 'No such domain or user pool exists.' }

for (const engine of engines) {
  describe(`Domains on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('with a prefix show the defaults', async () => {
      const poolId = await newPool(server())
      const prefix = newPrefix()
      assert.deepEqual(await create(server(), poolId, prefix), { ManagedLoginVersion: 1 })
      const { Version: version, ...rest } = (await describeDomain(server(), prefix)) ?? {}
      assert.match(version ?? '', /^20\d{12}$/)
      assert.deepEqual(rest, {
        UserPoolId: poolId,
        AWSAccountId: '000000000000',
        Domain: prefix,
        S3Bucket: 'aws-cognito-prod-iad-assets',
        CloudFrontDistribution: 'localhost',
        Status: 'ACTIVE',
        CustomDomainConfig: {},
        ManagedLoginVersion: 1,
      })
      assert.deepEqual(await domainsOf(server(), poolId), [prefix, undefined])
    })

    it('with a custom name show every member as it was sent', async () => {
      const poolId = await newPool(server())
      const config = { CertificateArn: certificate, SecurityPolicy: 'TLS_V1_3_2025' as const }
      const request = { ManagedLoginVersion: 2, CustomDomainConfig: config, Routing: routing }
      const created = await create(server(), poolId, 'login.shop.test', request)
      assert.deepEqual(created, { ManagedLoginVersion: 2, CloudFrontDomain: 'localhost', Routing: routing })
      const shown = await describeDomain(server(), 'login.shop.test')
      assert.deepEqual(shown?.CustomDomainConfig, config)
      assert.deepEqual(shown?.Routing, routing)
      assert.equal(shown?.ManagedLoginVersion, 2)
      assert.equal(shown?.Domain, 'login.shop.test')
      assert.equal(shown?.S3Bucket, 'aws-cognito-prod-iad-assets')
      assert.deepEqual(await domainsOf(server(), poolId), [undefined, 'login.shop.test'])
    })

    it('are at most one of each kind in a pool', async () => {
      const poolId = await newPool(server())
      const custom = { CustomDomainConfig: { CertificateArn: certificate } }
      const prefix = newPrefix()
      await create(server(), poolId, prefix)
      await create(server(), poolId, 'one.shop.test', custom)
      assert.deepEqual(await domainsOf(server(), poolId), [prefix, 'one.shop.test'])

      const second = { name: 'InvalidParameterException', message: 'User pool already has a domain configured.' }
      await assert.rejects(create(server(), poolId, newPrefix()), second)
      await assert.rejects(create(server(), poolId, 'two.shop.test', custom), second)
      const other = await newPool(server())
      const prefixes = [newPrefix(), newPrefix(), newPrefix()]
      const answers = await outcomes(prefixes.map((one) => create(server(), other, one)))
      assert.deepEqual(answers, ['InvalidParameterException', 'InvalidParameterException', 'ok'])
    })

    it('belong to one pool only', async () => {
      const pools = [await newPool(server()), await newPool(server()), await newPool(server())]
      const prefix = newPrefix()
      const answers = await outcomes(pools.map((poolId) => create(server(), poolId, prefix)))
      assert.deepEqual(answers, ['InvalidParameterException', 'InvalidParameterException', 'ok'])
      const taken = { name: 'InvalidParameterException', message: 'Domain already associated with another user pool.' }
      await assert.rejects(create(server(), await newPool(server()), prefix), taken)
    })

    it('change only in members that an update names', async () => {
      const poolId = await newPool(server())
      const place = { UserPoolId: poolId, Domain: 'changing.shop.test' }
      await create(server(), poolId, place.Domain, { CustomDomainConfig: { CertificateArn: certificate }, Routing: routing })
      const { Version: before } = (await describeDomain(server(), place.Domain)) ?? {}
      server().clock.advance(2000)

      const { $metadata, ...answer } = await server().send(new UpdateUserPoolDomainCommand({ ...place, ManagedLoginVersion: 2 }))
      assert.deepEqual(answer, { ManagedLoginVersion: 2, CloudFrontDomain: 'localhost', Routing: routing })
      const config = { CertificateArn: `${certificate}0`, SecurityPolicy: 'TLS_V1_2_2021' as const }
      await server().send(new UpdateUserPoolDomainCommand({ ...place, CustomDomainConfig: config, Routing: {} }))
      const shown = await describeDomain(server(), place.Domain)
      assert.equal(shown?.ManagedLoginVersion, 2)
      assert.deepEqual(shown?.CustomDomainConfig, config)
      assert.equal(shown?.Routing, undefined)
      assert.ok((shown?.Version ?? '') > (before ?? ''))
      await server().send(new DeleteUserPoolDomainCommand(place))
    })

    it('that do not exist have an empty description', async () => {
      assert.deepEqual(await describeDomain(server(), 'nobody-has-this'), {})
      assert.deepEqual(await describeDomain(server(), 'nobody.has.this.test'), {})
    })

    it('cannot be changed or deleted through another pool', async () => {
      const poolId = await newPool(server())
      const prefix = newPrefix()
      await create(server(), poolId, prefix)
      for (const other of [await newPool(server()), 'us-east-1_nowhere']) {
        const place = { UserPoolId: other, Domain: prefix }
        await assert.rejects(server().send(new UpdateUserPoolDomainCommand({ ...place, ManagedLoginVersion: 2 })), noSuch)
        await assert.rejects(server().send(new DeleteUserPoolDomainCommand(place)), noSuch)
      }
      const shown = await describeDomain(server(), prefix)
      assert.deepEqual([shown?.UserPoolId, shown?.ManagedLoginVersion], [poolId, 1])
    })

    it('must be deleted before their pool', async () => {
      const poolId = await newPool(server())
      const prefix = newPrefix()
      await create(server(), poolId, prefix)
      const removePool = () => server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      const message = 'User pool cannot be deleted. It has a domain configured that should be deleted first.'
      await assert.rejects(removePool(), { name: 'InvalidParameterException', message })

      await server().send(new DeleteUserPoolDomainCommand({ UserPoolId: poolId, Domain: prefix }))
      assert.deepEqual(await describeDomain(server(), prefix), {})
      assert.deepEqual(await domainsOf(server(), poolId), [undefined, undefined])
      await assert.rejects(server().send(new DeleteUserPoolDomainCommand({ UserPoolId: poolId, Domain: prefix })), noSuch)
      await removePool()
      await create(server(), await newPool(server()), prefix)
    })
  })

  describe(`Custom domains on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"customDomains":2}'] })
    const custom = { CustomDomainConfig: { CertificateArn: certificate } }

    it('are limited by the quota of the server and belong to one pool only', async () => {
      const first = await newPool(server())
      await create(server(), first, 'a.shop.test', custom)
      const message = 'One or more of the CNAMEs you provided are already associated with a different resource.'
      await assert.rejects(create(server(), await newPool(server()), 'a.shop.test', custom), { name: 'InvalidParameterException', message })
      await create(server(), await newPool(server()), 'b.shop.test', custom)
      const third = await newPool(server())
      await assert.rejects(create(server(), third, 'c.shop.test', custom), { name: 'LimitExceededException' })
      assert.deepEqual(await describeDomain(server(), 'c.shop.test'), {})
      await create(server(), third, newPrefix())
      await server().send(new DeleteUserPoolDomainCommand({ UserPoolId: first, Domain: 'a.shop.test' }))
      await create(server(), third, 'c.shop.test', custom)
    })
  })
}
