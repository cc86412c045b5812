import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { OperationName } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/operations.ts'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'
import { codeOf, faultIn, faultInModelError } from './answers.ts'
import { allowedVariationsOf, NewVariations, type Variation } from './boundary-requests.ts'
import { type Bystander, givenBystander } from './bystander.ts'
import { goodRequest, neverGood } from './good-requests.ts'
import { inParallel, listed, send, shortened } from './send.ts'
import { prepareWorld, type World } from './world.ts'

const width = 6

/** Applies each of `variations` to a good request of the operation and sends the result. Describes each fault in the responses. */
async function faultsOf(world: World, name: OperationName, variations: readonly Variation[]): Promise<string[]> {
  const faults: string[] = []
  const unused = Array.from({ length: width }, () => goodRequest(name, world))
  await inParallel(variations, width, async (variation) => {
    const good = (await unused.pop()) ?? (await goodRequest(name, world))
    const request = variation.apply(good)
    const answer = await send(world.server, name, request)
    const fault = variation.allowed ? faultIn(name, answer) : faultInModelError(name, answer)
    if (fault !== undefined) faults.push(`${fault}, for ${variation.what}\n  ${shortened(request)}\n  ${shortened(answer.text)}`)
    // Only a good request whose variation failed is used again: a success may have used up a code, a session or a name in it.
    if (codeOf(answer) !== '') unused.push(Promise.resolve(good))
  })
  return faults
}

for (const engine of engines) {
  describe(`With requests at the boundaries of the API model, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    let world: World
    let bystander: Bystander
    const failed: string[] = []
    before(async () => {
      bystander = await givenBystander(server())
      world = await prepareWorld(server())
    })

    const newVariations = new NewVariations()
    for (const { name } of operations) {
      it(`${name} returns a success or an error that its model lists`, async (t) => {
        const answer = await send(world.server, name, await goodRequest(name, world))
        assert.equal(faultIn(name, answer), undefined, answer.text)
        if (answer.status !== 200 && !neverGood.includes(name)) failed.push(`${name}: ${answer.text}`)

        // Requests that break the model are rejected before the database is used, so one engine is enough.
        const variations = engine === engines[0] ? newVariations.newFor(name) : allowedVariationsOf(name)
        const faults = await faultsOf(world, name, variations)
        assert.equal(faults.length, 0, listed(faults))
        t.diagnostic(`${variations.length} requests`)
      })
    }

    it('each operation succeeds with its good request; add a missing good request to good-*-requests.ts', () => {
      assert.deepEqual(failed, [])
    })

    it('no request changes users and pools that it does not name', () => bystander.requireUnchanged())
  })
}
