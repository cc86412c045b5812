import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chosenEngines } from '../support/engines.ts'
import { functionArn, functionFolder, givenTriggered } from '../support/functions.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { givenTokens, signInByPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

const refused = (text: string) => ({ name: 'UserLambdaValidationException', message: `PreAuthentication failed with error ${text}.` })
const noJson = { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' }
const unrecognizable = { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' }
const unreachable = (reason: string) => ({
  name: 'UnexpectedLambdaException',
  message: `PreAuthentication invocation failed due to error ${reason}.`,
})
const ended = (how: string) => new RegExp(`^PreAuthentication failed with error RequestId: [-0-9a-f]{36} Error: Runtime exited ${how}\\.$`)
const tooLate = unreachable('Socket timeout while invoking Lambda function')

/** For each fault: the code of a trigger function that has it, and the error of the sign-in that invokes the function. */
const faults: { does: string; code: string; seen: object; timeoutMs?: number; memoryMegabytes?: number }[] = [
  { does: 'throws', code: 'async () => { throw new Error("no") }', seen: refused('no') },
  { does: 'throws a text instead of an error', code: 'async () => { throw "no" }', seen: refused('no') },
  { does: 'throws undefined', code: 'async () => { throw undefined }', seen: refused('handled') },
  { does: 'throws an error without a message', code: '() => { throw new Error() }', seen: refused('') },
  {
    does: 'throws an object that cannot be converted to text',
    code: '() => { throw Object.create(null) }',
    seen: { name: 'UserLambdaValidationException' },
  },
  { does: 'returns nothing', code: 'async () => {}', seen: noJson },
  { does: 'returns something else than an event', code: 'async () => "fine"', seen: unrecognizable },
  { does: 'returns a response of the wrong shape', code: 'async (event) => ({ ...event, response: [] })', seen: unrecognizable },
  { does: 'replaces JSON.stringify', code: '() => { JSON.stringify = () => "no JSON"; return {} }', seen: noJson },
  { does: 'returns a value that JSON does not have', code: 'async () => 1n', seen: refused('Unable to stringify response body') },
  { does: 'never answers, with nothing left to wait for', code: '() => new Promise(() => {})', seen: noJson },
  { does: 'never answers', code: '() => new Promise((done) => setTimeout(done, 1e6))', seen: tooLate, timeoutMs: 1500 },
  {
    does: 'answers after the time limit',
    code: 'async (event) => { const end = Date.now() + 3000; while (Date.now() < end); return event }',
    seen: tooLate,
    timeoutMs: 1500,
  },
  { does: 'loops for ever', code: '() => { for (;;); }', seen: tooLate, timeoutMs: 1500 },
  {
    does: 'answers 10 MB',
    code: 'async (event) => ({ ...event, response: { big: "x".repeat(10_000_000) } })',
    seen: refused('Response payload size exceeded maximum allowed payload size (6291556 bytes).'),
  },
  { does: 'ends its process', code: 'async () => process.exit(1)', seen: { message: ended('with error: exit status 1') } },
  {
    does: 'ends its process without an error',
    code: 'async () => process.exit(0)',
    seen: { message: ended('without providing a reason') },
  },
  {
    does: 'throws outside its call',
    code: '() => new Promise(() => setTimeout(() => { throw new Error("stray") }, 1))',
    seen: refused('stray'),
  },
  {
    does: 'leaves a rejected promise unhandled',
    code: '() => new Promise(() => { Promise.reject(new Error("lonely")); setTimeout(() => {}, 1e6) })',
    seen: refused('Error: lonely'),
  },
  {
    does: 'allocates objects without end',
    code: '() => { const all = []; for (;;) all.push({ at: Math.random(), with: [] }) }',
    seen: { message: ended('with error: signal: killed') },
    memoryMegabytes: 24,
  },
  {
    does: 'allocates buffers without end',
    code: 'async () => { const all = []; for (;;) { all.push(Buffer.alloc(1e6, 1)); await new Promise(setImmediate) } }',
    seen: { message: ended('with error: signal: killed') },
    memoryMegabytes: 24,
  },
]

const unloadable = [
  { does: 'is not JavaScript', code: 'export const handler = (', seen: refused('SyntaxError: Unexpected end of input') },
  {
    does: 'imports a missing module',
    code: 'import "./not-there.mjs"',
    seen: refused("Cannot find module '/var/task/not-there.mjs' imported from /var/task/unloadable-1.mjs"),
  },
  { does: 'exports no handler', code: 'export const other = 1', seen: refused('unloadable-2.handler is undefined or not exported') },
  { does: 'fails while it loads', code: 'throw new Error("not here")', seen: refused('not here') },
  { does: 'ends while it loads', code: 'process.exit(3)', seen: { message: ended('with error: exit status 3') } },
]

for (const engine of chosenEngines().slice(0, 1)) {
  describe(`A trigger function in a module on ${engine.name}`, () => {
    const folder = functionFolder()
    const entries: Record<string, object> = { well: { module: 'well.mjs' } }
    folder.write('well.mjs', 'export const handler = async (event) => event')
    faults.forEach(({ code, memoryMegabytes = 128 }, index) => {
      folder.write(`fault-${index}.cjs`, `exports.handler = ${code}`)
      entries[`fault-${index}`] = { module: `fault-${index}.cjs`, concurrency: 1, memoryMegabytes }
    })
    unloadable.forEach(({ code }, index) => {
      folder.write(`unloadable-${index}.mjs`, code)
      entries[`unloadable-${index}`] = { module: `unloadable-${index}.mjs` }
    })
    folder.write('leaves.cjs', 'exports.handler = async (event) => { setImmediate(() => process.exit(1)); return event }')
    entries['leaves'] = { module: 'leaves.cjs', concurrency: 1 }
    const file = folder.write('functions.json', entries)
    const server = useTestServer(engine, { flags: ['--functions-file', file] })

    async function given(name: string, timeoutMs = 60_000) {
      const pool = await givenTriggered(server(), { PreAuthentication: functionArn(name) })
      const Triggers = { PreAuthentication: { TimeoutMilliseconds: timeoutMs } }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: pool.poolId, Triggers })
      return pool
    }

    /** Asserts that each sign-in that invokes the function `name` fails with `seen`, and that another function answers meanwhile. */
    async function failsAlone(name: string, seen: object, timeoutMs?: number) {
      const [hurt, well] = await Promise.all([given(name, timeoutMs), given('well')])
      for (let attempt = 0; attempt < 2; attempt++) {
        const [failure, tokens] = await Promise.all([
          signInByPassword(server(), hurt.clientId, 'ana').catch((error: unknown) => error),
          givenTokens(server(), well.clientId, 'ana'),
        ])
        assert.ok(tokens.accessToken)
        assert.throws(() => {
          throw failure
        }, seen)
      }
    }

    faults.forEach(({ does, seen, timeoutMs }, index) => {
      it(`that ${does} fails its own sign-in only`, () => failsAlone(`fault-${index}`, seen, timeoutMs))
    })

    unloadable.forEach(({ does, seen }, index) => {
      it(`that ${does} fails its own sign-in only`, () => failsAlone(`unloadable-${index}`, seen))
    })

    it('that does not exist fails with Lambda’s error', () => failsAlone('nobody', unreachable('ResourceNotFoundException')))

    it('that ends its process after each answer does not fail later sign-ins', async () => {
      const { clientId } = await given('leaves')
      for (let attempt = 0; attempt < 10; attempt++) assert.ok((await givenTokens(server(), clientId, 'ana')).accessToken)
    })

    it('that gets twelve simultaneous calls answers each of them', async () => {
      const { clientId } = await given('well')
      const tokens = await Promise.all(Array.from({ length: 12 }, () => givenTokens(server(), clientId, 'ana')))
      assert.equal(new Set(tokens.map(({ accessToken }) => accessToken)).size, 12)
    })
  })
}
