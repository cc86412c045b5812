import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { engines } from '../support/engines.ts'
import { noAnswer } from '../support/former-pools.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { useLocalServer } from '../support/local-server.ts'
import { readMetrics } from '../support/metrics.ts'
import { claimsOf, givenUser, goodPassword, signInByPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'
import { troubledPool } from '../support/troubled-pool.ts'

/** How many calls of one pool run at once. */
const callsOfPool = 32

for (const engine of engines) {
  describe(`Calls of former pools on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine)
    const silent = troubledPool()
    const silentUrl = useLocalServer(silent.listener)
    let former: { poolId: string; clientId: string }

    before(async () => {
      former = await there().givenPool()
    })

    /** A pool of this server whose unknown users are asked for at that endpoint. */
    async function givenPoolWithFormer(endpoint: string) {
      const pool = await here().givenPool()
      await callLifeguard(here(), 'SetUserPoolExtensions', {
        UserPoolId: pool.poolId,
        FormerPool: {
          UserPoolId: former.poolId,
          ClientId: former.clientId,
          Endpoint: endpoint,
          Until: here().clock.now() / 1000 + 86_400,
        },
      })
      return pool
    }

    it('of a pool whose former pool is silent end with an error, and do not hold up another pool', async () => {
      const stuck = await givenPoolWithFormer(silentUrl())
      const working = await givenPoolWithFormer(there().url)
      silent.state.trouble = 'silent'
      const { sub } = await givenUser(there(), former.poolId, 'ann')
      const names = Array.from({ length: 80 }, (_, index) => `nobody-${index}`)
      const attempts = Promise.all(
        names.map((name) => assert.rejects(signInByPassword(here(), stuck.clientId, name, goodPassword), noAnswer)),
      )
      await silent.callsReach(callsOfPool)
      const { AuthenticationResult: tokens } = await signInByPassword(here(), working.clientId, 'ann', goodPassword)
      assert.equal(claimsOf(tokens?.IdToken ?? '')['sub'], sub)

      // The deadline ends the calls. Four failures in a row each begin one more call; after the fifth the former pool is left alone.
      await attempts
      const results = (await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total')
      const {
        timeout = 0,
        paused = 0,
        busy = 0,
        right = 0,
      } = Object.fromEntries(Object.entries(results).map(([labels, value]) => [labels.replace('result=', ''), value]))
      assert.deepEqual([timeout + paused + busy, right], [80, 2])
      assert.equal(timeout, silent.state.calls)
      assert.equal(silent.state.calls <= callsOfPool + 4, true)
      assert.equal((await callLifeguard(here(), 'DescribeFormerPool', { UserPoolId: stuck.poolId })).LastFailure !== undefined, true)
      assert.equal((await callLifeguard(here(), 'DescribeFormerPool', { UserPoolId: working.poolId })).LastFailure, undefined)
    })
  })
}
