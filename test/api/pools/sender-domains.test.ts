import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CognitoIdentityProviderClient,
  CreateUserPoolCommand,
  DescribeUserPoolCommand,
  SetRiskConfigurationCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { useTestServer } from '../../support/test-server.ts'

const refused = { name: 'InvalidParameterException', message: /^EmailConfiguration\.From: this server does not send from that domain/ }
const create = (client: Pick<CognitoIdentityProviderClient, 'send'>, From: string) =>
  client.send(new CreateUserPoolCommand({ PoolName: 'sends', EmailConfiguration: { From } }))

for (const engine of engines) {
  describe(`The senders that a pool may set, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('must be addresses of the domains that the server allows', async () => {
      await using at = await startProductionServer(engine, { flags: ['--email-from-domains', 'Example.com,news.example.com'] })
      const all = at.client(await at.createKey())
      const { UserPool } = await create(all, 'Us <us@example.com>')
      const poolId = UserPool?.Id ?? ''
      const Resource = `arn:aws:cognito-idp:${at.region}:${at.accountId}:userpool/${poolId}`
      const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'cognito-idp:*', Resource }] }
      const limited = at.client(await at.createKey({ policy }))
      const update = (From: string | undefined) =>
        limited.send(new UpdateUserPoolCommand({ UserPoolId: poolId, EmailConfiguration: { ...(From !== undefined && { From }) } }))
      const current = async () =>
        (await limited.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))).UserPool?.EmailConfiguration?.From

      for (const from of ['us@EXAMPLE.com', '"Us, Inc." <us@news.example.com>']) {
        await update(from)
        assert.equal(await current(), from)
      }
      await update('us@example.com')
      for (const from of ['ceo@bank.test', 'CEO <ceo@bank.test>', 'us@sub.example.com', 'us@xexample.com', 'us@example.com.bank.test']) {
        await assert.rejects(update(from), refused)
        await assert.rejects(create(all, from), refused)
        assert.equal(await current(), 'us@example.com')
      }
      await update(undefined)
    })

    it('must be addresses of the allowed domains also in notices of threat protection', async () => {
      await using at = await startProductionServer(engine, { flags: ['--email-from-domains', 'example.com'] })
      const client = at.client(await at.createKey())
      const plus = { UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } } as const
      const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'warns', ...plus }))
      const set = (From: string) =>
        client.send(
          new SetRiskConfigurationCommand({
            UserPoolId: UserPool?.Id ?? '',
            AccountTakeoverRiskConfiguration: {
              Actions: { HighAction: { Notify: true, EventAction: 'BLOCK' } },
              NotifyConfiguration: {
                SourceArn: 'arn:aws:ses:eu-west-1:123456789012:identity/example.com',
                From,
                BlockEmail: { Subject: 'Blocked', TextBody: 'Blocked', HtmlBody: 'Blocked' },
              },
            },
          }),
        )
      await set('us@example.com')
      const notices = { name: 'InvalidParameterException', message: /^NotifyConfiguration\.From: / }
      const two = ['us@example.com, ceo@bank.test', 'ceo@bank.test, us@example.com', 'CEO <ceo@bank.test> <us@example.com>']
      for (const from of ['ceo@bank.test', 'nobody', ...two]) await assert.rejects(set(from), notices)
    })

    it('can have any domain when the server allows all domains, but each must be a single address', async () => {
      for (const from of ['ceo@bank.test', '"CEO, Bank" <ceo@bank.test>', 'Dr. C. Bank <ceo@bank.test>']) await create(server(), from)
      const message = 'From must be an e-mail address, with or without a name.'
      for (const from of [
        'CEO <ceo@bank.test> <us@example.com>',
        'ceo@bank.test, Us <us@example.com>',
        'ceo@bank.test;us@example.com',
        '"<ceo@bank.test>" x" <us@example.com>',
      ]) {
        await assert.rejects(create(server(), from), { name: 'InvalidParameterException', message })
      }
    })
  })
}
