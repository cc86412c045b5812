import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { applicable, poolFile, runApply, runExportPool } from '../../support/pool-files.ts'
import { useTestServer } from '../../support/test-server.ts'

const poolId = 'us-east-1_Hidden'
const nothing = '0 to create, 0 to change.\n'

const secrets = { APPLE_KEY: 'the key of the provider', FORMER_SECRET: 'secretOfTheFormerClient' }

const content = {
  UserPools: [
    {
      UserPoolId: poolId,
      PoolName: 'p',
      Extensions: {
        FormerPool: {
          UserPoolId: 'us-east-1_Former',
          ClientId: 'former',
          ClientSecret: 'env:FORMER_SECRET',
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
            private_key: 'env:APPLE_KEY',
            authorize_scopes: 'email',
          },
        },
      ],
    },
  ],
}

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
      const others = { APPLE_KEY: 'another key', FORMER_SECRET: 'anotherSecretOfTheClient' }
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

    it('are references in an export, and their values with --secrets', async () => {
      const exported = await runExportPool(server(), poolId)
      requireNoSecrets(exported.stdout)
      const [, names = ''] = /environment variables: (.*)\n/.exec(exported.stderr) ?? []
      assert.deepEqual(names.split(', ').toSorted(), ['CLIENT_FORMER_CLIENT_SECRET', 'PROVIDER_SIGN_IN_WITH_APPLE_PRIVATE_KEY'])
      const env = { CLIENT_FORMER_CLIENT_SECRET: secrets.FORMER_SECRET, PROVIDER_SIGN_IN_WITH_APPLE_PRIVATE_KEY: secrets.APPLE_KEY }
      assert.equal((await runApply(server(), poolFile(exported.stdout), ['--plan'], env)).stdout, nothing)
      const { stdout } = await runExportPool(server(), poolId, ['--secrets'])
      for (const secret of Object.values(secrets)) assert.ok(stdout.includes(secret))
    })
  })
}
