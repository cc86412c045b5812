import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder, recordingLogger } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { signUp } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'

const codeKey = openCodeKeyFile()
const KMSKeyID = 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555'
const telling = 'new Error("cannot send " + event.request.code)'

/** Ways in which a function fails, with words of its own that hold what only it may know. */
const failures: Record<string, string> = {
  throws: `exports.handler = async (event) => { throw ${telling} }`,
  'calls-back': `exports.handler = (event, context, callback) => callback(${telling})`,
  uncaught: `exports.handler = (event) => { setImmediate(() => { throw ${telling} }); return new Promise(() => setTimeout(() => 0, 60_000)) }`,
  unhandled: `exports.handler = (event) => { Promise.reject(${telling}); return new Promise(() => setTimeout(() => 0, 60_000)) }`,
}

for (const engine of engines) {
  describe(`what custom senders say when they fail on ${engine.name}`, () => {
    const folder = functionFolder()
    for (const [name, text] of Object.entries(failures)) folder.write(`${name}.cjs`, text)
    folder.write('unloadable.cjs', 'require("left-pad-of-nobody")')
    const log = recordingLogger()
    const server = useTestServer(engine, { flags: ['--functions', folder.path, ...codeKey.flags], logger: log.logger })

    async function whatIsLeftOf(name: string): Promise<string> {
      const LambdaConfig = { CustomEmailSender: { LambdaArn: functionArn(name), LambdaVersion: 'V1_0' as const }, KMSKeyID }
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], LambdaConfig } })
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      await server().inbox()
      const { Invocations } = await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId: poolId })
      assert.deepEqual(
        Invocations.map(({ Outcome }: { Outcome: string }) => Outcome),
        ['FAILED'],
      )
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })
      return JSON.stringify([Invocations, Messages, log.lines.splice(0)])
    }

    for (const name of Object.keys(failures)) {
      it(`stays out of log and records: ${name}`, async () => {
        const left = await whatIsLeftOf(name)
        assert.ok(!left.includes('cannot send'), left)
        // How each encrypted code begins.
        assert.ok(!left.includes('AYADe'), left)
      })
    }

    it('does not hide why a module cannot be loaded, since nobody has told it anything', async () => {
      assert.match(await whatIsLeftOf('unloadable'), /left-pad-of-nobody/)
    })
  })
}
