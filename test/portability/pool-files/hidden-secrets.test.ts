import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { applicable, poolFile, runApply, runExportPool } from '../../support/pool-files.ts'
import { useTestServer } from '../../support/test-server.ts'

const poolId = 'us-east-1_Hidden'
const nothing = '0 to create, 0 to change.\n'

const secrets = {
  FORMER_POOL_CLIENT_SECRET: 'secretOfTheFormerClient',
  CLIENT_FORMER_CLIENT_SECRET: 'secretOfTheClientOfThisPool',
  PROVIDER_SIGN_IN_WITH_APPLE_PRIVATE_KEY: 'the key for Apple',
  PROVIDER_PARTNER_PRIVATE_KEY: 'the key for the partner',
}

const endpoint = (name: string) => `https://partner.example.test/${name}`

/** The client keeps the id that it had in the former pool. */
const content = {
  UserPools: [
    {
      UserPoolId: poolId,
      PoolName: 'p',
      Extensions: {
        FormerPool: {
          UserPoolId: 'us-east-1_Former',
          ClientId: 'former',
          ClientSecret: 'env:FORMER_POOL_CLIENT_SECRET',
          Until: 1893456000,
        },
      },
      IdentityProviders: [
        {
          ProviderName: 'SignInWithApple',
          ProviderType: 'SignInWithApple',
          ProviderDetails: {
            client_id: 'shop',
            team_id: 'TEAM123456',
            key_id: 'KEY1234567',
            private_key: 'env:PROVIDER_SIGN_IN_WITH_APPLE_PRIVATE_KEY',
            authorize_scopes: 'email',
          },
        },
        {
          ProviderName: 'Partner',
          ProviderType: 'OIDC',
          ProviderDetails: {
            client_id: 'shop',
            authorize_scopes: 'openid',
            attributes_request_method: 'GET',
            oidc_issuer: 'https://partner.example.test',
            authorize_url: endpoint('authorize'),
            token_url: endpoint('token'),
            attributes_url: endpoint('userinfo'),
            jwks_uri: endpoint('jwks'),
            token_endpoint_auth_method: 'private_key_jwt',
            private_key: 'env:PROVIDER_PARTNER_PRIVATE_KEY',
          },
        },
      ],
      Clients: [{ ClientId: 'former', ClientName: 'web', ClientSecret: 'env:CLIENT_FORMER_CLIENT_SECRET' }],
    },
  ],
}

/** The file without the secrets that no operation shows. */
const withoutHidden = JSON.parse(
  JSON.stringify(content, (name, value) => {
    const isHidden = name === 'private_key' || value === content.UserPools[0]?.Extensions.FormerPool.ClientSecret
    return isHidden ? undefined : value
  }),
)

for (const engine of engines) {
  describe(`Secrets that no operation shows, in pool files, on ${engine.name}`, () => {
    const server = useTestServer(engine, applicable)
    const file = poolFile(content)
    const requireNoSecrets = (text: string) => {
      for (const secret of Object.values(secrets)) assert.ok(!text.includes(secret), text)
    }

    it('are set, and are no difference afterwards', async () => {
      const first = await runApply(server(), file, [], secrets)
      assert.deepEqual([first.code, first.stderr], [0, ''])
      const again = await runApply(server(), file, ['--plan'], secrets)
      assert.deepEqual([again.code, again.stdout], [0, nothing])
      requireNoSecrets(first.stdout + again.stdout)
    })

    it('are changed when the file has others, and shown neither before nor after', async () => {
      const others = { ...secrets, PROVIDER_SIGN_IN_WITH_APPLE_PRIVATE_KEY: 'another key', FORMER_POOL_CLIENT_SECRET: 'anotherSecret' }
      const plan = await runApply(server(), file, ['--plan'], others)
      assert.deepEqual(plan.stdout.split('\n'), [
        `~ UserPools "${poolId}" Extensions`,
        '    FormerPool.ClientSecret: "(secret)" -> "(secret)"',
        `~ UserPools "${poolId}" IdentityProviders "SignInWithApple"`,
        '    ProviderDetails.private_key: "(secret)" -> "(secret)"',
        '0 to create, 2 to change.',
        '',
      ])
      assert.match((await runApply(server(), file, [], others)).stdout, /0 created, 2 changed\.\n$/)
      assert.equal((await runApply(server(), file, ['--plan'], others)).stdout, nothing)
      assert.match((await runApply(server(), file, [], secrets)).stdout, /0 created, 2 changed\.\n$/)
    })

    it('stay when the file leaves them out, whatever else changes', async () => {
      const changed = structuredClone(withoutHidden)
      // Apple's key is required, so the file cannot leave it out.
      const [provider] = changed.UserPools[0].IdentityProviders
      provider.ProviderDetails.private_key = 'env:PROVIDER_SIGN_IN_WITH_APPLE_PRIVATE_KEY'
      assert.equal((await runApply(server(), poolFile(changed), ['--plan'], secrets)).stdout, nothing)
      changed.UserPools[0].Extensions.FormerPool.Until = 1893456001
      changed.UserPools[0].IdentityProviders[1].ProviderDetails.authorize_scopes = 'openid email'
      assert.match((await runApply(server(), poolFile(changed), [], secrets)).stdout, /0 created, 2 changed\.\n$/)
      assert.match((await runApply(server(), file, [], secrets)).stdout, /0 created, 2 changed\.\n$/)
      assert.equal((await runApply(server(), file, ['--plan'], secrets)).stdout, nothing)
    })

    it('are references in an export, each with a name of its own', async () => {
      const exported = await runExportPool(server(), poolId)
      requireNoSecrets(exported.stdout)
      const [, names = ''] = /environment variables: (.*)\n/.exec(exported.stderr) ?? []
      assert.deepEqual(names.split(', ').toSorted(), Object.keys(secrets).toSorted())
      assert.equal((await runApply(server(), poolFile(exported.stdout), ['--plan'], secrets)).stdout, nothing)
    })

    it('are in an export with --secrets, which leaves a record', async () => {
      const { stdout, stderr } = await runExportPool(server(), poolId, ['--secrets'])
      assert.equal(stderr, '')
      for (const secret of Object.values(secrets)) assert.ok(stdout.includes(secret))
      const { Records: records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId, Operation: 'ExportPool' })
      assert.equal(records.length, 1)
      const [, names = ''] = /^secrets: (.*)$/.exec(records[0].Detail) ?? []
      assert.deepEqual(names.split(', ').toSorted(), Object.keys(secrets).toSorted())
    })
  })
}
