import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetGroupCommand,
  ListGroupsCommand,
  ListUserPoolClientsCommand,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { applicable, everything, identityPoolId, poolFile, references, runApply, runExportPool } from '../../support/pool-files.ts'
import { claimsOf, givenTokens } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const nothing = '0 to create, 0 to change.\n'

for (const engine of engines) {
  describe(`lifeguard apply on ${engine.name}`, () => {
    const server = useTestServer(engine, applicable)
    let count = 0
    /** A pool and a client id that no other test has. */
    const newIds = () => {
      count += 1
      return { poolId: `us-east-1_Files${count}`, clientId: `files${count}` }
    }

    it('makes everything that a file describes, with its ids and secrets, and then finds no difference', async () => {
      const { poolId, clientId } = newIds()
      const file = poolFile(everything(poolId, clientId))
      const first = await runApply(server(), file)
      assert.deepEqual([first.code, first.stderr], [0, ''])
      assert.match(first.stdout, /\n22 created, 0 changed\.\n$/)
      const { UserPool: pool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      assert.deepEqual([pool?.Name, pool?.Policies?.PasswordPolicy?.MinimumLength, pool?.UserPoolTags], ['shop', 10, { team: 'shop' }])
      const { UserPoolClient: client } = await server().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      assert.deepEqual([client?.ClientName, client?.ClientSecret], ['web', references.WEB_SECRET])
      for (const flags of [['--plan'], []]) {
        const again = await runApply(server(), file, flags)
        assert.deepEqual([again.code, again.stderr], [0, ''])
        assert.equal(again.stdout, flags.length === 0 ? '0 created, 0 changed.\n' : nothing)
      }
    })

    it('writes a pool as a file that makes the same pool in another database, and finds no difference', async () => {
      const { poolId, clientId } = newIds()
      const content = everything(poolId, clientId)
      assert.equal((await runApply(server(), poolFile({ ...content, IdentityPools: [] }))).code, 0)
      const exported = await runExportPool(server(), poolId)
      assert.equal(exported.code, 0, exported.stderr)
      const variable = `CLIENT_${clientId.toUpperCase()}_CLIENT_SECRET`
      assert.equal(exported.stderr, `The file refers to these environment variables: PROVIDER_GOOGLE_CLIENT_SECRET, ${variable}\n`)
      for (const secret of Object.values(references)) assert.doesNotMatch(exported.stdout, new RegExp(secret))
      const env = { PROVIDER_GOOGLE_CLIENT_SECRET: references.GOOGLE_SECRET, [variable]: references.WEB_SECRET }
      const same = await runApply(server(), poolFile(exported.stdout), ['--plan'], env)
      assert.deepEqual([same.code, same.stderr, same.stdout], [0, '', nothing])
      const database = await engine.createDatabase()
      try {
        const other = { databaseUrl: database.url }
        const withSecrets = await runExportPool(server(), poolId, ['--secrets'])
        const made = await runApply(other, poolFile(withSecrets.stdout), ['--account-id', '000000000000'], {})
        assert.deepEqual([made.code, made.stderr], [0, ''])
        const copied = await runExportPool(other, poolId, ['--secrets'])
        assert.equal(copied.stdout, withSecrets.stdout)
      } finally {
        await database.drop()
      }
    })

    it('writes an identity pool as a file, too', async () => {
      const { code, stdout, stderr } = await runExportPool(server(), identityPoolId)
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^IdentityPools:\n {2}- IdentityPoolId: us-east-1:11111111-2222-4333-8444-555555555555\n/)
      assert.equal((await runApply(server(), poolFile(stdout), ['--plan'])).stdout, nothing)
    })

    it('shows what was changed by hand, with exit code 2, and mends it', async () => {
      const { poolId, clientId } = newIds()
      const file = poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', Clients: [{ ClientId: clientId, ClientName: 'web' }] }] })
      await runApply(server(), file)
      const ids = { UserPoolId: poolId, ClientId: clientId }
      await server().send(new UpdateUserPoolClientCommand({ ...ids, AccessTokenValidity: 5, CallbackURLs: ['https://other.example.test'] }))
      const plan = await runApply(server(), file, ['--plan'])
      assert.deepEqual([plan.code, plan.stderr], [2, ''])
      assert.deepEqual(plan.stdout.split('\n'), [
        `~ UserPools "${poolId}" Clients "${clientId}"`,
        '    AccessTokenValidity: 5 -> (none)',
        '    CallbackURLs: ["https://other.example.test"] -> (none)',
        '0 to create, 1 to change.',
        '',
      ])
      assert.equal((await server().send(new DescribeUserPoolClientCommand(ids))).UserPoolClient?.AccessTokenValidity, 5)
      assert.match((await runApply(server(), file)).stdout, /0 created, 1 changed\.\n$/)
      const { UserPoolClient: mended } = await server().send(new DescribeUserPoolClientCommand(ids))
      assert.deepEqual([mended?.AccessTokenValidity, mended?.CallbackURLs], [undefined, undefined])
      assert.equal((await runApply(server(), file, ['--plan'])).stdout, nothing)
    })

    it('replaces a secret, and shows neither the old nor the new one', async () => {
      const { poolId, clientId } = newIds()
      const client = { ClientId: clientId, ClientName: 'web', ClientSecret: 'env:WEB_SECRET' }
      const file = poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', Clients: [client] }] })
      await runApply(server(), file)
      const secret = 'anothersecret0123456789abcdef'
      const { stdout, stderr } = await runApply(server(), file, [], { WEB_SECRET: secret })
      assert.match(stdout, / {4}ClientSecret: "\(secret\)" -> "\(secret\)"\n/)
      assert.doesNotMatch(stdout + stderr, new RegExp(`${secret}|${references.WEB_SECRET}`))
      const described = await server().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      assert.equal(described.UserPoolClient?.ClientSecret, secret)
    })

    it('keeps the secret that the server made for a client, whatever else changes', async () => {
      const { poolId, clientId } = newIds()
      const client = { ClientId: clientId, ClientName: 'web', GenerateSecret: true }
      const file = (more: object) => poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', Clients: [{ ...client, ...more }] }] })
      const secret = async () => {
        const described = await server().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
        return described.UserPoolClient?.ClientSecret
      }
      await runApply(server(), file({}))
      const before = await secret()
      assert.match((await runApply(server(), file({ AccessTokenValidity: 5 }))).stdout, /1 changed/)
      assert.deepEqual([typeof before, await secret()], ['string', before])
    })

    it('keeps what the file does not name, and deletes it with --prune', async () => {
      const { poolId, clientId } = newIds()
      const pool = { UserPoolId: poolId, PoolName: 'p', Clients: [{ ClientId: clientId, ClientName: 'web' }] }
      await runApply(server(), poolFile({ UserPools: [{ ...pool, Groups: [{ GroupName: 'one' }, { GroupName: 'two' }] }] }))
      const fewer = poolFile({ UserPools: [{ ...pool, Groups: [{ GroupName: 'one' }] }] })
      const kept = await runApply(server(), fewer)
      assert.deepEqual([kept.code, kept.stdout.split('\n')[0]], [0, `? UserPools "${poolId}" Groups "two"   (not in the files)`])
      await server().send(new GetGroupCommand({ UserPoolId: poolId, GroupName: 'two' }))
      assert.equal((await runApply(server(), fewer, ['--plan', '--prune'])).code, 2)
      const pruned = await runApply(server(), fewer, ['--prune'])
      assert.deepEqual([pruned.code, pruned.stdout], [0, `- UserPools "${poolId}" Groups "two"\n0 created, 0 changed, 1 deleted.\n`])
      const { Groups: left } = await server().send(new ListGroupsCommand({ UserPoolId: poolId }))
      assert.deepEqual(
        left?.map(({ GroupName }) => GroupName),
        ['one'],
      )
      // A section that the file does not have is left alone.
      await runApply(server(), poolFile({ UserPools: [pool] }), ['--prune'])
      assert.equal((await server().send(new ListGroupsCommand({ UserPoolId: poolId }))).Groups?.length, 1)
    })

    it('makes test users, who sign in at once, and corrects them later without touching others', async () => {
      const { poolId, clientId } = newIds()
      const sub = '11111111-2222-4333-8444-555555555555'
      const ana = { Username: 'ana', Sub: sub, Password: 'Correct-Horse-9', UserAttributes: [{ Name: 'name', Value: 'Ana' }] }
      const flows = ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH']
      const pool = (user: object) => ({
        UserPools: [
          {
            UserPoolId: poolId,
            PoolName: 'p',
            Groups: [{ GroupName: 'one' }, { GroupName: 'two' }],
            Clients: [{ ClientId: clientId, ClientName: 'web', ExplicitAuthFlows: flows }],
            Users: [{ ...ana, ...user }],
          },
        ],
      })
      assert.equal((await runApply(server(), poolFile(pool({ Groups: ['one'] })))).code, 0)
      const { idToken } = await givenTokens(server(), clientId, 'ana', ana.Password)
      const claims = claimsOf(idToken)
      assert.deepEqual([claims['sub'], claims['name'], claims['cognito:groups']], [sub, 'Ana', ['one']])
      assert.equal((await runApply(server(), poolFile(pool({ Groups: ['one'] })), ['--plan'])).stdout, nothing)
      const changed = await runApply(server(), poolFile(pool({ Groups: ['two'], Password: 'Another-Horse-9' })))
      assert.equal(changed.stdout, `~ UserPools "${poolId}" Users "ana"\n    Password, Groups\n0 created, 1 changed.\n`)
      const after = await givenTokens(server(), clientId, 'ana', 'Another-Horse-9')
      assert.deepEqual(claimsOf(after.idToken)['cognito:groups'], ['two'])
      const other = await runApply(server(), poolFile(pool({ Sub: '99999999-2222-4333-8444-555555555555' })))
      assert.match(other.stderr, /Users: The user ana has another Sub \(11111111-2222-4333-8444-555555555555\), which cannot change\./)
    })

    it('adds attributes, and refuses other changes of a schema and of usernames', async () => {
      const { poolId } = newIds()
      const attribute = (Name: string, more: object = {}) => ({ Name, AttributeDataType: 'String', Mutable: true, ...more })
      const pool = (more: object) => poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', ...more }] })
      await runApply(server(), pool({ Schema: [attribute('plan')] }))
      assert.match((await runApply(server(), pool({ Schema: [attribute('team')] }))).stdout, /1 changed/)
      const { UserPool: changed } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      const custom = changed?.SchemaAttributes?.map(({ Name }) => Name).filter((name) => name?.startsWith('custom:'))
      assert.deepEqual(custom, ['custom:plan', 'custom:team'])
      const mutable = await runApply(server(), pool({ Schema: [attribute('plan', { Mutable: false })] }))
      assert.match(mutable.stderr, /pools\.yaml:4: UserPools\[0\]\.Schema: the stored attribute plan has other properties\./)
      const named = await runApply(server(), pool({ UsernameAttributes: ['email'] }))
      assert.match(
        named.stderr,
        /pools\.yaml:4: UserPools\[0\]\.UsernameAttributes: the stored value is another one\. A file cannot change it in a pool that exists\./,
      )
      assert.deepEqual([mutable.code, named.code], [1, 1])
    })

    it('knows a pool without an id by its name, and asks for the id when two have the name', async () => {
      const file = poolFile({ UserPools: [{ PoolName: 'by name', Clients: [{ ClientName: 'web' }] }] })
      assert.match((await runApply(server(), file)).stdout, /2 created/)
      assert.equal((await runApply(server(), file, ['--plan'])).stdout, nothing)
      const { poolId } = newIds()
      await runApply(server(), poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'by name' }] }))
      const unclear = await runApply(server(), file)
      assert.match(
        unclear.stderr,
        /pools\.yaml:2: UserPools\[0\]: 2 have the PoolName "by name"\. Say which one is meant, by its UserPoolId\./,
      )
    })

    it('leaves extensions and MFA alone that the file does not name, also when it changes others', async () => {
      const { poolId, clientId } = newIds()
      const file = (more: object) => poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', ...more }] })
      await runApply(server(), file({ Clients: [{ ClientId: clientId, ClientName: 'web' }] }))
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: { UnconfirmedUserLifetimeHours: 5 } })
      const mfa = { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } } as const
      await server().send(new SetUserPoolMfaConfigCommand({ UserPoolId: poolId, ...mfa }))
      const changed = await runApply(
        server(),
        file({ AutoVerifiedAttributes: ['email'], Extensions: { Sessions: { EndOnPasswordChange: true } } }),
      )
      assert.deepEqual([changed.code, changed.stderr], [0, ''])
      assert.match(changed.stdout, /1 created, 1 changed\.\n$|2 changed\.\n$/)
      const extensions = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.deepEqual([extensions.SignUp.UnconfirmedUserLifetimeHours, extensions.Sessions.EndOnPasswordChange], [5, true])
      const { UserPool: pool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      assert.deepEqual([pool?.MfaConfiguration, pool?.AutoVerifiedAttributes], ['ON', ['email']])
    })

    it('keeps what an update cannot take away, and finds no difference then', async () => {
      const { poolId, clientId } = newIds()
      const file = (group: object, domain: object) => {
        const parts = { Groups: [{ GroupName: 'one', ...group }], Domains: [{ Domain: `domain-${clientId}`, ...domain }] }
        return poolFile({
          UserPools: [{ UserPoolId: poolId, PoolName: 'p', LogDeliveryConfiguration: { LogConfigurations: [] }, ...parts }],
        })
      }
      await runApply(server(), file({ Description: 'first', Precedence: 3 }, { ManagedLoginVersion: 1 }))
      const changed = await runApply(server(), file({ Description: 'second' }, { ManagedLoginVersion: 2 }))
      assert.deepEqual([changed.code, changed.stderr], [0, ''])
      assert.match(changed.stdout, /0 created, 2 changed\.\n$/)
      const { Group: group } = await server().send(new GetGroupCommand({ UserPoolId: poolId, GroupName: 'one' }))
      assert.deepEqual([group?.Description, group?.Precedence], ['second', 3])
      assert.equal((await runApply(server(), file({}, { ManagedLoginVersion: 2 }), ['--plan'])).stdout, nothing)
    })

    it('refuses a secret for a client that has none, before anything changes', async () => {
      const { poolId, clientId } = newIds()
      const file = (client: object) =>
        poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', Clients: [{ ClientId: clientId, ClientName: 'web', ...client }] }] })
      await runApply(server(), file({}))
      const refused = await runApply(server(), file({ ClientSecret: 'env:WEB_SECRET', AccessTokenValidity: 5 }))
      assert.match(
        refused.stderr,
        /pools\.yaml:7: UserPools\[0\]\.Clients\[0\]\.ClientSecret: the stored client has no secret, and cannot get one\./,
      )
      const ids = { UserPoolId: poolId, ClientId: clientId }
      assert.equal((await server().send(new DescribeUserPoolClientCommand(ids))).UserPoolClient?.AccessTokenValidity, undefined)
    })

    it('takes a text that looks like a reference as a text, where it is marked', async () => {
      const { poolId } = newIds()
      const Groups = [{ GroupName: 'one', Description: 'text:file:/etc/hostname' }]
      await runApply(server(), poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', Groups }] }))
      const { Group: group } = await server().send(new GetGroupCommand({ UserPoolId: poolId, GroupName: 'one' }))
      assert.equal(group?.Description, 'file:/etc/hostname')
      // Whoever may change a group must not make an operator read a file.
      for (const flags of [[], ['--secrets']]) {
        assert.match((await runExportPool(server(), poolId, flags)).stdout, /Description: text:file:\/etc\/hostname\n/)
      }
    })

    it('leaves an audit record of each change, of users, too', async () => {
      const { poolId } = newIds()
      const Users = [{ Username: 'ana', Password: 'Correct-Horse-9' }]
      await runApply(server(), poolFile({ UserPools: [{ UserPoolId: poolId, PoolName: 'p', Users }] }))
      const { Records: records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId })
      const shown = records.map(({ Operation, Detail }: { Operation: string; Detail: string }) => [Operation, Detail])
      assert.deepEqual(shown, [
        ['AdminCreateUser', 'applied from a file'],
        ['CreateUserPool', 'applied from a file; name: p'],
      ])
    })

    it('reads a folder of files, and files in JSON', async () => {
      const { poolId } = newIds()
      const file = poolFile(JSON.stringify({ UserPools: [{ UserPoolId: poolId, PoolName: 'one' }] }))
      const folder = file.slice(0, file.lastIndexOf('/'))
      writeFileSync(`${folder}/second.json`, JSON.stringify({ UserPools: [{ UserPoolId: `${poolId}B`, PoolName: 'two' }] }))
      assert.match((await runApply(server(), folder)).stdout, /2 created/)
      const { UserPoolClients: none } = await server().send(new ListUserPoolClientsCommand({ UserPoolId: `${poolId}B` }))
      assert.deepEqual(none, [])
    })
  })
}
