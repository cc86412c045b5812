import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder, givenTriggered, recordingLogger } from '../../support/functions.ts'
import { claimsOf, givenTokens, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

/** The code of a function that puts the value of the expression `facts` into the ID token. */
const reporting = (facts: string) =>
  `(event, context) => ({ ...event, response: { claimsOverrideDetails: { claimsToAddOrOverride: { facts: JSON.stringify(${facts}) } } } })`
const answer = '{ ...event, response: { claimsOverrideDetails: { claimsToAddOrOverride: { facts: "\\"here\\"" } } } }'

const styles: Record<string, string> = {
  'named.mjs': `export const handler = ${reporting('"here"')}`,
  'awaited.mjs': `export async function handler(event) { await null; return ${answer} }`,
  'whole.mjs': `export default async (event) => (${answer})`,
  'object.mjs': `export default { handler: async (event) => (${answer}) }`,
  'late.mjs': `await null; export const handler = (event) => (${answer})`,
  'common.cjs': `exports.handler = async (event) => (${answer})`,
  'plain.js': `exports.handler = async (event) => (${answer})`,
  'replaced.cjs': `module.exports = { handler: (event) => (${answer}) }`,
  'callback.cjs': `exports.handler = (event, context, callback) => { setTimeout(() => callback(null, ${answer}), 1) }`,
  'impatient.cjs': `exports.handler = (event, context, callback) => { callback(null, ${answer}); callback(new Error("twice")); throw new Error("thrice") }`,
  'ignored.cjs': `exports.handler = (event, context, callback) => { setTimeout(() => callback(null, ${answer}), 1); return "not this" }`,
  'succeed.cjs': `exports.handler = (event, context) => { setTimeout(() => context.succeed(${answer}), 1) }`,
  'done.cjs': `exports.handler = (event, context) => { context.done(null, ${answer}) }`,
  'typed.ts': `type Event = { response: object }\nexport const handler = async (event: Event): Promise<object> => (${answer})`,
  'typed-module.mts': `const text: string = "here"\nexport const handler = ${reporting('text')}`,
  'typed-common.cts': `exports.handler = (event: object) => (${answer})`,
}

const refusals: Record<string, string> = {
  'calls-back.cjs': 'exports.handler = (event, context, callback) => { callback(new Error("not today")) }',
  'calls-back-text.cjs': 'exports.handler = (event, context, callback) => { callback("not today") }',
  'fails.cjs': 'exports.handler = (event, context) => { context.fail(new Error("not today")) }',
  'done-with.cjs': 'exports.handler = (event, context) => { context.done("not today") }',
}

for (const engine of engines) {
  describe(`Functions in modules on ${engine.name}`, () => {
    const folder = functionFolder()
    for (const [name, text] of Object.entries({ ...styles, ...refusals })) folder.write(name, text)
    folder.write('README.md', 'no function')
    folder.write('types.d.ts', 'export {}')
    const log = recordingLogger()
    const env = { LIFEGUARD_METRICS_TOKEN: 'a secret', lifeguard_other: 'another', NODE_OPTIONS: '--no-warnings', MINE: 'yes' }
    const server = useTestServer(engine, { flags: ['--functions', folder.path], env, logger: log.logger })

    async function factsBy(name: string): Promise<unknown> {
      const { clientId } = await givenTriggered(server(), { PreTokenGeneration: functionArn(name) })
      return factsOf(clientId)
    }

    async function factsOf(clientId: string): Promise<unknown> {
      const { idToken } = await givenTokens(server(), clientId, 'ana')
      return JSON.parse(String(claimsOf(idToken)['facts']))
    }

    for (const file of Object.keys(styles)) {
      it(`run as at Lambda: ${file}`, async () => {
        assert.equal(await factsBy(file.replace(/\.\w+$/, '')), 'here')
      })
    }

    for (const file of Object.keys(refusals)) {
      it(`reject requests as at Lambda: ${file}`, async () => {
        const { clientId } = await givenTriggered(server(), { PreTokenGeneration: functionArn(file.replace('.cjs', '')) })
        const message = 'PreTokenGeneration failed with error not today.'
        await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'UserLambdaValidationException', message })
      })
    }

    it('get the same context as at Lambda', async () => {
      folder.write('context.mjs', `export const handler = ${reporting('{ ...context, left: context.getRemainingTimeInMillis() }')}`)
      const { awsRequestId, logStreamName, left, ...context } = (await factsBy('context:live')) as Record<string, unknown>
      assert.deepEqual(context, {
        functionName: 'context',
        functionVersion: '$LATEST',
        invokedFunctionArn: functionArn('context:live'),
        memoryLimitInMB: '128',
        logGroupName: '/aws/lambda/context',
        callbackWaitsForEmptyEventLoop: true,
      })
      assert.match(String(awsRequestId), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.match(String(logStreamName), /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/)
      assert.ok(Number(left) > 0 && Number(left) <= 5000, String(left))
    })

    it('do not see the settings of the server, in its environment or on its command line', async () => {
      folder.write(
        'environment.cjs',
        `exports.handler = ${reporting('{ env: process.env, argv: process.argv.slice(2), exec: process.execArgv }')}`,
      )
      const { env: seen, argv, exec } = (await factsBy('environment')) as { env: Record<string, string>; argv: string[]; exec: string[] }
      assert.deepEqual(seen, {
        MINE: 'yes',
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_LAMBDA_FUNCTION_NAME: 'environment',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/environment',
      })
      assert.deepEqual({ argv, exec }, { argv: [], exec: [] })
    })

    it('keep their variables from one invocation to the next', async () => {
      folder.write('counter.mjs', `let count = 0\nexport const handler = ${reporting('++count')}`)
      const { clientId } = await givenTriggered(server(), { PreTokenGeneration: functionArn('counter') })
      // Waits for a thread that serves a second invocation. A thread that loaded a file just after a change of the file serves only one,
      // because the file may have changed again in the same moment.
      while ((await factsOf(clientId)) !== 2);
      assert.equal(await factsOf(clientId), 3)
    })

    it('run as they are on the disk at each invocation, with all files that they load', async () => {
      folder.write('library/words.cjs', 'exports.word = "first"')
      folder.write('library/more.json', { number: 1 })
      const imports = 'import { word } from "./library/words.cjs"\nimport more from "./library/more.json" with { type: "json" }\n'
      folder.write('reloaded.mjs', `${imports}export const handler = ${reporting('[word, more.number]')}`)
      const { clientId } = await givenTriggered(server(), { PreTokenGeneration: functionArn('reloaded') })
      assert.deepEqual(await factsOf(clientId), ['first', 1])
      folder.write('library/words.cjs', 'exports.word = "other"')
      assert.deepEqual(await factsOf(clientId), ['other', 1])
      folder.write('library/more.json', { number: 2 })
      assert.deepEqual(await factsOf(clientId), ['other', 2])
      for (let round = 0; round < 5; round++) {
        folder.write('reloaded.mjs', `${imports}export const handler = ${reporting(`[word, more.number, ${round}]`)}`)
        assert.deepEqual(await factsOf(clientId), ['other', 2, round])
      }
      folder.write('reloaded.mjs', 'export const handler = (')
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'UserLambdaValidationException' })
      folder.write('reloaded.mjs', `export const handler = ${reporting('"mended"')}`)
      assert.equal(await factsOf(clientId), 'mended')
    })

    it('may be added while the server runs', async () => {
      const { clientId } = await givenTriggered(server(), { PreTokenGeneration: functionArn('newcomer') })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'UnexpectedLambdaException' })
      folder.write('newcomer.mjs', `export const handler = ${reporting('1')}`)
      assert.equal(await factsOf(clientId), 1)
    })

    it('write to the log under their name, up to the last line before an exit', async () => {
      const body = '{ console.log("hello %s", "there"); console.error("trouble"); process.stdout.write("raw\\n"); process.exit(1) }'
      folder.write('talker.cjs', `exports.handler = async () => ${body}`)
      const { clientId } = await givenTriggered(server(), { PreAuthentication: functionArn('talker') })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'))
      const lines = log.lines.map((line) => JSON.parse(line)).filter((line) => line.function === 'talker')
      assert.deepEqual(
        lines.map(({ msg }) => msg),
        ['hello there', 'trouble', 'raw'],
      )
    })

    it('have very long output cut off in the log, with a note', async () => {
      folder.write(
        'flood.cjs',
        'exports.handler = async (event) => { for (let i = 0; i < 5000; i++) console.log("x".repeat(1000)); return event }',
      )
      const { clientId } = await givenTriggered(server(), { PreAuthentication: functionArn('flood') })
      await givenTokens(server(), clientId, 'ana')
      const lines = log.lines.filter((line) => line.includes('"function":"flood"'))
      assert.ok(lines.length < 300, String(lines.length))
      assert.match(lines.at(-1) ?? '', /is left out/)
    })
  })
}
