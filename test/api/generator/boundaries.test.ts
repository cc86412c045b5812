import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { OperationName } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/operations.ts'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'
import { codeOf, faultIn, faultInModelRefusal } from './answers.ts'
import { allowedVariationsOf, Refusals, type Variation } from './boundary-requests.ts'
import { type Bystander, givenBystander } from './bystander.ts'
import { goodRequest, neverGood } from './good-requests.ts'
import { inParallel, listed, send, shortened } from './send.ts'
import { prepareWorld, type World } from './world.ts'

const width = 6

/** What went wrong with these variations, in words; nothing, if all is well. */
async function faultsOf(world: World, name: OperationName, variations: readonly Variation[]): Promise<string[]> {
  const faults: string[] = []
  const goods = Array.from({ length: width }, () => goodRequest(name, world))
  await inParallel(variations, width, async (variation) => {
    const good = (await goods.pop()) ?? (await goodRequest(name, world))
    const request = variation.apply(good)
    const answer = await send(world.server, name, request)
    const fault = variation.allowed ? faultIn(name, answer) : faultInModelRefusal(name, answer)
    if (fault !== undefined) faults.push(`${fault}, for ${variation.what}\n  ${shortened(request)}\n  ${shortened(answer.text)}`)
    // What has been answered with success may be used up: a code, a session, a name.
    if (codeOf(answer) !== '') goods.push(Promise.resolve(good))
  })
  return faults
}

for (const engine of engines) {
  describe(`Every operation, at the edges of its model, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    let world: World
    let bystander: Bystander
    const notGood: string[] = []
    before(async () => {
      bystander = await givenBystander(server())
      world = await prepareWorld(server())
    })

    const refusals = new Refusals()
    for (const { name } of operations) {
      it(`${name} answers with success or with a refusal it is known for`, async (t) => {
        const answer = await send(world.server, name, await goodRequest(name, world))
        assert.equal(faultIn(name, answer), undefined, answer.text)
        if (answer.status !== 200 && !neverGood.includes(name)) notGood.push(`${name}: ${answer.text}`)

        // What breaks the model is refused before any storage is asked, so one engine tells.
        const variations = engine === engines[0] ? refusals.withoutRepetition(name) : allowedVariationsOf(name)
        const faults = await faultsOf(world, name, variations)
        assert.equal(faults.length, 0, listed(faults))
        t.diagnostic(`${variations.length} requests`)
      })
    }

    it('has a request that each operation answers with success; more of them can be listed in good-*-requests.ts', () => {
      assert.deepEqual(notGood, [])
    })

    it('harms nobody whom the requests did not name', () => bystander.requireUnharmed())
  })
}
