import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { applicable, poolFile, references, runApply } from '../../support/pool-files.ts'
import { useTestServer } from '../../support/test-server.ts'

/** A file with a mistake, and where and what the error says. Line 1 is the first one. */
const mistakes: readonly (readonly [title: string, file: string, error: RegExp])[] = [
  ['is not YAML', 'UserPools:\n  - PoolName: [a', /^lifeguard: \S+pools\.yaml:2: .+\n$/],
  ['is a list', '- 1', /pools\.yaml:1: the file must be an object with the sections UserPools, IdentityPools or Roles\.\n$/],
  [
    'has an unknown section',
    'Pools: []',
    /pools\.yaml:1: Pools: the member is not known\. Known are \$schema, Roles, UserPools, IdentityPools\.\n$/,
  ],
  [
    'has an unknown member',
    'UserPools:\n  - PoolName: p\n    Clients:\n      - ClientName: web\n        CallbackUrls: []',
    /pools\.yaml:5: UserPools\[0\]\.Clients\[0\]\.CallbackUrls: the member is not known\. Known are ClientId, /,
  ],
  ['lacks a member', 'UserPools:\n  - UserPoolId: us-east-1_a', /pools\.yaml:2: UserPools\[0\]: the member PoolName is missing\.\n$/],
  [
    'has a value of another type',
    'UserPools:\n  - PoolName: p\n    Policies:\n      PasswordPolicy:\n        MinimumLength: twelve',
    /pools\.yaml:5: UserPools\[0\]\.Policies\.PasswordPolicy\.MinimumLength: the value must be integer\.\n$/,
  ],
  [
    'has a value that is none of the choices',
    'UserPools:\n  - PoolName: p\n    MfaConfiguration: MAYBE',
    /pools\.yaml:3: UserPools\[0\]\.MfaConfiguration: the value must be one of OFF, ON, OPTIONAL\.\n$/,
  ],
  [
    'has a setting that the operation refuses',
    'UserPools:\n  - PoolName: p\n    Clients:\n      - ClientName: web\n        AllowedOAuthFlows: [code]\n        AllowedOAuthFlowsUserPoolClient: true',
    /pools\.yaml:4: UserPools\[0\]\.Clients\[0\]: .+\n$/,
  ],
  [
    'names two pools alike',
    'UserPools:\n  - PoolName: p\n  - PoolName: p',
    /pools\.yaml:3: UserPools\[1\]: another one has the same PoolName "p"\. Give each its UserPoolId\.\n$/,
  ],
  [
    'refers to a variable that is not set',
    'UserPools:\n  - PoolName: p\n    Clients:\n      - ClientName: web\n        ClientSecret: env:NOT_THERE',
    /pools\.yaml:5: UserPools\[0\]\.Clients\[0\]\.ClientSecret: the environment variable NOT_THERE is not set\.\n$/,
  ],
  [
    'refers to a file that does not exist',
    'UserPools:\n  - PoolName: p\n    Clients:\n      - ClientName: web\n        ClientSecret: file:not-there',
    /pools\.yaml:5: UserPools\[0\]\.Clients\[0\]\.ClientSecret: the file not-there cannot be read \(ENOENT\)\.\n$/,
  ],
  [
    'has a user whose password is too weak',
    'UserPools:\n  - PoolName: p\n    Users:\n      - Username: ana\n        Password: weak',
    /pools\.yaml:4: UserPools\[0\]\.Users\[0\]: Password did not conform with policy: .+\n$/,
  ],
  [
    'has aliases that would fill the memory',
    `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'.replace(/./g, (name) => `${name}: &${name} [${`*${String.fromCharCode(name.charCodeAt(0) - 1)}, `.repeat(9)}]\n`)}`,
    /pools\.yaml:1: Excessive alias count indicates a resource exhaustion attack\n$/,
  ],
]

for (const engine of engines) {
  describe(`A pool file with a mistake on ${engine.name}`, () => {
    const server = useTestServer(engine, applicable)

    it('changes nothing, and is told by line and path', async () => {
      for (const [title, content, error] of mistakes) {
        const { code, stdout, stderr } = await runApply(server(), poolFile(content))
        assert.match(stderr, error, title)
        assert.deepEqual([code, stdout], [1, ''], title)
      }
      const { UserPools: pools } = await server().send(new ListUserPoolsCommand({ MaxResults: 60 }))
      assert.deepEqual(pools, [])
    })

    it('does not show a secret in the error', async () => {
      const content = 'UserPools:\n  - PoolName: p\n    Clients:\n      - ClientName: web\n        ClientSecret: env:WEB_SECRET'
      const secret = 'not a good secret'
      const { code, stdout, stderr } = await runApply(server(), poolFile(content), [], { ...references, WEB_SECRET: secret })
      assert.equal(code, 1)
      assert.match(stderr, /UserPools\[0\]\.Clients\[0\]/)
      assert.doesNotMatch(stdout + stderr, new RegExp(secret))
    })

    it('may name a member as every object of JavaScript has one', async () => {
      const { stderr } = await runApply(
        server(),
        poolFile('UserPools:\n  - PoolName: p\n    __proto__: { PoolName: q }\n    constructor: 1'),
      )
      assert.match(stderr, /pools\.yaml:\d: UserPools\[0\]\.(__proto__|constructor): the member is not known\./)
    })
  })
}
