import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolCommand,
  ListGroupsCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { stringify } from 'yaml'
import { startLifeguard } from '../../src/testing/index.ts'
import { poolFile } from '../support/pool-files.ts'
import { claimsOf, givenTokens } from '../support/sign-in.ts'
import { until } from '../support/until.ts'

const ids = { poolId: 'us-east-1_Tests', clientId: 'tests' }

function content(groups: readonly string[]) {
  return {
    UserPools: [
      {
        UserPoolId: ids.poolId,
        PoolName: 'tests',
        Groups: groups.map((GroupName) => ({ GroupName })),
        Clients: [{ ClientId: ids.clientId, ClientName: 'tests', ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH'] }],
        Users: [{ Username: 'ana', Password: 'Correct-Horse-9', Groups: ['first'] }],
      },
    ],
  }
}

describe('The pool file of a development server', () => {
  for (const run of ['child-process', 'in-process'] as const) {
    it(`is applied at the start, after a reset, and when it changes (${run})`, async () => {
      const file = poolFile(content(['first']))
      await using lifeguard = await startLifeguard({ run, apply: file })
      const client = new CognitoIdentityProviderClient(lifeguard.clientConfig)
      const groups = async () =>
        (await client.send(new ListGroupsCommand({ UserPoolId: ids.poolId }))).Groups?.map(({ GroupName }) => GroupName)
      assert.deepEqual(claimsOf((await givenTokens(client, ids.clientId, 'ana', 'Correct-Horse-9')).idToken)['cognito:groups'], ['first'])
      await client.send(new CreateUserPoolCommand({ PoolName: 'of a test' }))
      await lifeguard.reset()
      const { UserPools: pools } = await client.send(new ListUserPoolsCommand({ MaxResults: 60 }))
      assert.deepEqual(
        pools?.map(({ Id }) => Id),
        [ids.poolId],
      )
      await givenTokens(client, ids.clientId, 'ana', 'Correct-Horse-9')
      // A mistake is told in the log, and the server goes on.
      writeFileSync(file, 'Pools: 1')
      writeFileSync(file, stringify(content(['first', 'second'])))
      await until('the new group', groups, (names) => names?.includes('second') === true)
    })
  }

  it('ends the start with its mistake', async () => {
    const message = /--apply: \S+pools\.yaml:1: Pools: the member is not known\./
    await assert.rejects(startLifeguard({ apply: poolFile('Pools: 1') }), { message })
    await assert.rejects(startLifeguard({ run: 'in-process', apply: poolFile('Pools: 1') }), { message })
  })
})
