import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { OperationName } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/operations.ts'
import { engines } from '../../support/engines.ts'
import { startTestServer } from '../../support/test-server.ts'
import { codeOf, faultIn } from './answers.ts'
import { allowedVariationsOf } from './boundary-requests.ts'
import { givenBystander } from './bystander.ts'
import type { Request } from './fields.ts'
import { goodRequest } from './good-requests.ts'
import { type Plausible, plausibleValues } from './plausible-values.ts'
import { randomRequest } from './random-requests.ts'
import { inParallel, listed, send, shortened } from './send.ts'
import { prepareWorld, type World } from './world.ts'

/** A fixed seed, so that each run has the same requests. `LIFEGUARD_TEST_SEED` sets another one, such as that of a failed run. */
const seed = Number(process.env['LIFEGUARD_TEST_SEED'] ?? 20_260_823)
const batches = 6
const batchSize = 200
const width = 8

type Planned = { readonly name: OperationName; make(world: World): unknown }

const names = operations.map(({ name }) => name)

/** A good request with a few changes, each of which the model allows. */
const changedRequest: fc.Arbitrary<Planned> = fc.constantFrom(...names).chain((name) => {
  const allowed = [...allowedVariationsOf(name)]
  return fc.subarray(allowed, { minLength: 1, maxLength: Math.min(4, allowed.length) }).map((chosen) => ({
    name,
    make: async (world) => chosen.reduce<unknown>((request, { apply }) => apply(request as Request), await goodRequest(name, world)),
  }))
})

/** The requests of a batch. All operations are equally likely. */
function requestsOf(plausible: Plausible, batch: number): Planned[] {
  const randomOnes = fc.oneof(
    ...names.map((name) => randomRequest(name, plausible).map((request): Planned => ({ name, make: () => request }))),
  )
  return fc.sample(fc.oneof({ weight: 3, arbitrary: randomOnes }, { weight: 1, arbitrary: changedRequest }), {
    seed: seed + batch,
    numRuns: batchSize,
  })
}

for (const engine of engines) {
  describe(`Random requests on ${engine.name}`, () => {
    it('get only responses that the model allows, and change no users and pools that they do not name', async (t) => {
      t.diagnostic(`seed ${seed}`)
      await using server = await startTestServer(engine)
      const bystander = await givenBystander(server)
      const world = await prepareWorld(server)
      const faults: string[] = []
      const succeeded = new Set<string>()

      for (let batch = 0; batch < batches; batch++) {
        const requests = requestsOf(await plausibleValues(world), batch)
        await inParallel(requests, width, async ({ name, make }) => {
          const request = await make(world)
          const answer = await send(server, name, request)
          const fault = faultIn(name, answer)
          if (fault !== undefined) faults.push(`${fault}, for ${name}\n  ${shortened(request)}\n  ${shortened(answer.text)}`)
          if (codeOf(answer) === '') succeeded.add(name)
        })
      }

      assert.equal(faults.length, 0, `With the seed ${seed}: ${listed(faults)}`)
      const never = names.filter((name) => !succeeded.has(name))
      t.diagnostic(`${batches * batchSize} requests; never with success: ${never.join(', ') || 'none'}`)
      await bystander.requireUnchanged()
      await server.restart()
      await bystander.requireUnchanged()
      assert.ok((await server.inbox()).length > 0)
    })
  })
}
