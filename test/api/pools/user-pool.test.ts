import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  DeleteUserPoolCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  SignUpCommand,
  UpdateUserPoolCommand,
  type UpdateUserPoolCommandInput,
  type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { call } from './call.ts'
import { standardAttributes } from './standard-attributes.ts'
import { wholePool } from './whole-pool.ts'

/** What responses show of a pool that was created with only a name: all but the id, the times and the name. */
const defaults: UserPoolType = {
  Policies: {
    PasswordPolicy: {
      MinimumLength: 8,
      RequireUppercase: true,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      TemporaryPasswordValidityDays: 7,
    },
    SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
  },
  DeletionProtection: 'INACTIVE',
  LambdaConfig: {},
  SchemaAttributes: [...standardAttributes],
  VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' },
  MfaConfiguration: 'OFF',
  EstimatedNumberOfUsers: 0,
  EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
  UserPoolTags: {},
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, UnusedAccountValidityDays: 7 },
  UserPoolTier: 'ESSENTIALS',
  KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' },
  IssuerConfiguration: { Type: 'ORIGINAL' },
}

/** What responses show of a pool that was created by the request `wholePool`, in addition to the members of that request. */
const wholePoolShown: UserPoolType = {
  SchemaAttributes: [...standardAttributes],
  EstimatedNumberOfUsers: 0,
  SmsVerificationMessage: 'Text {####}',
  EmailVerificationMessage: 'Mail {####}',
  EmailVerificationSubject: 'Code',
  AdminCreateUserConfig: { ...wholePool.AdminCreateUserConfig, UnusedAccountValidityDays: 3 },
}

function withoutIdentity(pool: UserPoolType | undefined): UserPoolType {
  const { Id: _id, Arn: _arn, Name: _name, CreationDate: _created, LastModifiedDate: _modified, ...rest } = pool ?? {}
  return rest
}

async function create(server: TestServer, request: CreateUserPoolCommandInput): Promise<UserPoolType & { Id: string }> {
  const { UserPool: pool } = await server.send(new CreateUserPoolCommand(request))
  assert.ok(pool?.Id)
  return { ...pool, Id: pool.Id }
}

async function describePool(server: TestServer, poolId: string): Promise<UserPoolType | undefined> {
  return (await server.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))).UserPool
}

for (const engine of engines) {
  describe(`User pools on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('have the defaults of Cognito', async () => {
      const pool = await create(server(), { PoolName: 'plain' })

      assert.deepEqual(withoutIdentity(pool), defaults)
      assert.match(pool.Id, /^us-east-1_[0-9A-Za-z]{9}$/)
      assert.equal(pool.Arn, `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${pool.Id}`)
      assert.equal(pool.Name, 'plain')
      assert.deepEqual(pool.CreationDate, pool.LastModifiedDate)
      assert.deepEqual(await describePool(server(), pool.Id), pool)
    })

    it('show every member as it was sent', async () => {
      const { PoolName: name, ...members } = wholePool
      const pool = await create(server(), wholePool)

      assert.equal(pool.Name, name)
      assert.deepEqual(withoutIdentity(pool), { ...members, ...wholePoolShown })
      assert.deepEqual(await describePool(server(), pool.Id), pool)
    })

    it('accept the older members for message texts, and show the texts there and in VerificationMessageTemplate', async () => {
      const texts = { SmsVerificationMessage: 'S {####}', EmailVerificationMessage: 'E {####}', EmailVerificationSubject: 'T' }
      const pool = await create(server(), { PoolName: 'older', ...texts })

      assert.deepEqual(pool.VerificationMessageTemplate, {
        DefaultEmailOption: 'CONFIRM_WITH_CODE',
        SmsMessage: 'S {####}',
        EmailMessage: 'E {####}',
        EmailSubject: 'T',
      })
      assert.equal(pool.SmsVerificationMessage, 'S {####}')
    })

    it('show PreTokenGeneration and PreTokenGenerationConfig when the request had only PreTokenGeneration', async () => {
      const arn = 'arn:aws:lambda:us-east-1:123456789012:function:tokens'
      const pool = await create(server(), { PoolName: 'tokens', LambdaConfig: { PreTokenGeneration: arn } })

      assert.deepEqual(pool.LambdaConfig, { PreTokenGeneration: arn, PreTokenGenerationConfig: { LambdaVersion: 'V1_0', LambdaArn: arn } })
    })

    it('show false for each requirement that their password policy does not name', async () => {
      const pool = await create(server(), { PoolName: 'weak', Policies: { PasswordPolicy: { MinimumLength: 6 } } })

      assert.deepEqual(pool.Policies?.PasswordPolicy, {
        MinimumLength: 6,
        RequireUppercase: false,
        RequireLowercase: false,
        RequireNumbers: false,
        RequireSymbols: false,
        TemporaryPasswordValidityDays: 7,
      })
    })

    it('use UnusedAccountValidityDays for the lifetime of temporary passwords', async () => {
      const pool = await create(server(), { PoolName: 'days', AdminCreateUserConfig: { UnusedAccountValidityDays: 20 } })

      assert.equal(pool.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays, 20)
      assert.equal(pool.AdminCreateUserConfig?.UnusedAccountValidityDays, 20)
    })

    it('have defaults for missing members of AcrConfiguration and DcrConfiguration', async () => {
      const pool = await create(server(), { PoolName: 'new', AcrConfiguration: { Level2: { AcrValue: 'two' } }, DcrConfiguration: {} })

      assert.deepEqual(pool.AcrConfiguration, {
        Level1: { AcrValue: 'urn:cognito:loa:1' },
        Level2: { AcrValue: 'two' },
        Level3: { AcrValue: 'urn:cognito:loa:3' },
        Level4: { AcrValue: 'urn:cognito:loa:4' },
      })
      assert.deepEqual(pool.DcrConfiguration, {
        EnableStatus: 'Enabled',
        OpenDcrEnabled: false,
        AuthenticatedGrantTypes: ['code', 'client_credentials'],
        OpenDcrGrantTypes: ['code'],
      })
    })

    it('have the tier PLUS when a request has threat protection and no tier', async () => {
      const pool = await create(server(), { PoolName: 'guarded', UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } })
      assert.equal(pool.UserPoolTier, 'PLUS')
    })

    it('keep tags with names such as __proto__', async () => {
      const request = '{"PoolName":"tagged","UserPoolTags":{"__proto__":"p","toString":"t"}}'
      const created = await call(server(), 'CreateUserPool', request)
      assert.equal(created.status, 200)
      const id = JSON.parse(created.body).UserPool.Id
      const described = await call(server(), 'DescribeUserPool', { UserPoolId: id })

      for (const { body } of [created, described]) {
        assert.deepEqual(Object.entries(JSON.parse(body).UserPool.UserPoolTags), [
          ['__proto__', 'p'],
          ['toString', 't'],
        ])
      }
    })

    it('show how many users they have', async () => {
      const { poolId, clientId } = await server().givenPool()
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'ana', Password: 'Correct-horse-1' }))
      await server().givenPool()

      assert.equal((await describePool(server(), poolId))?.EstimatedNumberOfUsers, 1)
    })
  })

  describe(`UpdateUserPool on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('resets missing members, except those that Cognito keeps', async () => {
      const before = await create(server(), wholePool)
      server().clock.advance(1000)
      // The update names no member. The pool keeps what Cognito keeps, such as the SMS configuration and the tier.
      await server().send(new UpdateUserPoolCommand({ UserPoolId: before.Id }))
      const after = await describePool(server(), before.Id)

      assert.deepEqual(withoutIdentity(after), {
        ...defaults,
        AliasAttributes: wholePool.AliasAttributes,
        UsernameConfiguration: wholePool.UsernameConfiguration,
        SmsConfiguration: wholePool.SmsConfiguration,
        UserPoolTier: wholePool.UserPoolTier,
        UserPoolTags: wholePool.UserPoolTags,
        KeyConfiguration: wholePool.KeyConfiguration,
        IssuerConfiguration: wholePool.IssuerConfiguration,
        DcrConfiguration: wholePool.DcrConfiguration,
      })
      assert.equal(after?.Name, wholePool.PoolName)
      assert.deepEqual(after?.CreationDate, before.CreationDate)
      assert.ok((after?.LastModifiedDate?.getTime() ?? 0) >= (before.LastModifiedDate?.getTime() ?? 0) + 1000)
    })

    it('sets all its members, including the name', async () => {
      const { PoolName: name, AliasAttributes: _aliases, UsernameConfiguration: _case, ...members } = wholePool
      const pool = await create(server(), { PoolName: 'before' })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: pool.Id, PoolName: name, ...members } as UpdateUserPoolCommandInput))
      const after = await describePool(server(), pool.Id)

      assert.equal(after?.Name, name)
      assert.deepEqual(withoutIdentity(after), { ...members, ...wholePoolShown })
    })

    it('accepts what DescribeUserPool shows', async () => {
      const pool = await create(server(), wholePool)
      const { Id: id, Arn: _arn, Name: name, CreationDate: _1, LastModifiedDate: _2, EstimatedNumberOfUsers: _3, ...shown } = pool
      const { SchemaAttributes: _4, AliasAttributes: _5, UsernameConfiguration: _6, ...members } = shown
      await server().send(new UpdateUserPoolCommand({ ...members, UserPoolId: id, PoolName: name } as UpdateUserPoolCommandInput))

      assert.deepEqual(withoutIdentity(await describePool(server(), id)), withoutIdentity(pool))
    })

    it('replaces the tags as a whole', async () => {
      const pool = await create(server(), { PoolName: 'tags', UserPoolTags: { a: '1', b: '2' } })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: pool.Id, UserPoolTags: { c: '3' } }))
      assert.deepEqual((await describePool(server(), pool.Id))?.UserPoolTags, { c: '3' })
    })

    it('does not change the pool when it fails', async () => {
      const pool = await create(server(), { PoolName: 'same', UserPoolTags: { a: '1' } })
      const update = new UpdateUserPoolCommand({ UserPoolId: pool.Id, UserPoolTags: {}, AutoVerifiedAttributes: ['phone_number'] })
      await assert.rejects(server().send(update), { name: 'InvalidParameterException' })
      assert.deepEqual(await describePool(server(), pool.Id), pool)
    })

    it('does not touch another pool', async () => {
      const pool = await create(server(), { PoolName: 'mine' })
      const other = await create(server(), { PoolName: 'theirs' })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: pool.Id, PoolName: 'renamed' }))
      assert.deepEqual(await describePool(server(), other.Id), other)
    })
  })

  describe(`DeleteUserPool on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('deletes the pool and its app clients immediately', async () => {
      const { poolId, clientId } = await server().givenPool()
      const other = await server().givenPool()
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'ana', Password: 'Correct-horse-1' }))
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))

      const gone = { name: 'ResourceNotFoundException', message: `User pool ${poolId} does not exist.` }
      await assert.rejects(server().send(new DescribeUserPoolCommand({ UserPoolId: poolId })), gone)
      await assert.rejects(server().send(new DeleteUserPoolCommand({ UserPoolId: poolId })), gone)
      await assert.rejects(server().send(new UpdateUserPoolCommand({ UserPoolId: poolId })), gone)
      await assert.rejects(server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'late' })), gone)
      await assert.rejects(server().send(new SignUpCommand({ ClientId: clientId, Username: 'bob', Password: 'Correct-horse-1' })), {
        name: 'ResourceNotFoundException',
        message: `User pool client ${clientId} does not exist.`,
      })
      await server().send(new DescribeUserPoolClientCommand({ UserPoolId: other.poolId, ClientId: other.clientId }))
    })

    it('fails while deletion protection is active', async () => {
      const pool = await create(server(), { PoolName: 'protected', DeletionProtection: 'ACTIVE' })
      await assert.rejects(server().send(new DeleteUserPoolCommand({ UserPoolId: pool.Id })), {
        name: 'InvalidParameterException',
        message: 'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
      })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: pool.Id, DeletionProtection: 'INACTIVE' }))
      await server().send(new DeleteUserPoolCommand({ UserPoolId: pool.Id }))
    })
  })
}
