import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder, givenTriggered, recordingLogger } from '../../support/functions.ts'
import { signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

/** For each file: the text of its function, and what the author of the function finds in the log: the reason and the place. */
const mistakes: Readonly<Record<string, { text: string; reason: RegExp; where: RegExp }>> = {
  'throws.mjs': {
    text: 'export const handler = async (event) => {\n  event.rsponse.foo = 1\n}',
    reason: /^Cannot set properties of undefined/,
    where: /throws\.mjs:2:\d+/,
  },
  'syntax.mjs': {
    text: 'export const handler = async (event) => {\n  return event)\n}',
    reason: /^SyntaxError: /,
    where: /syntax\.mjs:2\n/,
  },
  'nested.mjs': {
    text: 'import "./library/syntax.mjs"\nexport const handler = (event) => event',
    reason: /^SyntaxError: /,
    where: /library\/syntax\.mjs:3\n/,
  },
  'common.cjs': { text: 'exports.handler = (event) => {\n  return event)\n}', reason: /^SyntaxError: /, where: /common\.cjs:2\n/ },
  'hidden.mjs': { text: 'const handler = (event) => event', reason: /^hidden\.handler is undefined or not exported$/, where: /./ },
}

for (const engine of engines) {
  describe(`The log about a function that fails, on ${engine.name}`, () => {
    const folder = functionFolder()
    folder.write('library/syntax.mjs', '\n\nexport const = 1\n')
    const log = recordingLogger()
    const server = useTestServer(engine, { flags: ['--functions', folder.path], logger: log.logger })

    async function warningOf(name: string) {
      const { poolId, clientId } = await givenTriggered(server(), { PreAuthentication: functionArn(name) })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'))
      const lines = log.lines.map((line) => JSON.parse(line)).filter((line) => line.poolId === poolId && line.msg === 'A trigger failed.')
      assert.equal(lines.length, 1)
      return lines[0]
    }

    for (const [file, { text, reason, where }] of Object.entries(mistakes)) {
      it(`names the reason, and the place in the function if there is one: ${file}`, async () => {
        folder.write(file, text)
        const { reason: seen, err } = await warningOf(file.replace(/\.\w+$/, ''))
        assert.match(seen, reason)
        assert.match(err.stack, where)
      })
    }

    it('says what the function should have returned', async () => {
      folder.write('silent.mjs', 'export const handler = async (event) => { event.response = {} }')
      const { path, expected, found } = await warningOf('silent')
      assert.deepEqual([path, expected, found], ['$', 'the event as the value that the function returns', 'null'])
    })

    it('names the function that does not exist', async () => {
      const { reason, detail } = await warningOf('absent:live')
      assert.equal(reason, 'ResourceNotFoundException')
      assert.match(detail, /There is no function "absent" for pool \S+: neither --functions-file .* nor --functions /)
    })
  })
}
