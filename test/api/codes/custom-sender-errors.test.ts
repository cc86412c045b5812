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
const errorWithCode = 'new Error("cannot send " + event.request.code)'

/** Trigger functions that fail with an error text that contains the code. */
const failures: Record<string, string> = {
  throws: `exports.handler = async (event) => { throw ${errorWithCode} }`,
  'calls-back': `exports.handler = (event, context, callback) => callback(${errorWithCode})`,
  uncaught: `exports.handler = (event) => { setImmediate(() => { throw ${errorWithCode} }); return new Promise(() => setTimeout(() => 0, 60_000)) }`,
  unhandled: `exports.handler = (event) => { Promise.reject(${errorWithCode}); return new Promise(() => setTimeout(() => 0, 60_000)) }`,
}

for (const engine of engines) {
  describe(`The error of a custom sender on ${engine.name}`, () => {
    const folder = functionFolder()
    for (const [name, text] of Object.entries(failures)) folder.write(`${name}.cjs`, text)
    folder.write('unloadable.cjs', 'require("no-such-package")')
    const log = recordingLogger()
    const server = useTestServer(engine, { flags: ['--functions', folder.path, ...codeKey.flags], logger: log.logger })

    /** All records and log lines of a sign-up in a pool whose custom sender is the function `name`. */
    async function recordsAfterSignUp(name: string): Promise<string> {
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
      it(`appears neither in the log nor in records when the function fails in this way: ${name}`, async () => {
        const records = await recordsAfterSignUp(name)
        assert.ok(!records.includes('cannot send'), records)
        // Every encrypted code begins with this text.
        assert.ok(!records.includes('AYADe'), records)
      })
    }

    it('is recorded when its module cannot be loaded, because that error cannot contain a code', async () => {
      assert.match(await recordsAfterSignUp('unloadable'), /no-such-package/)
    })
  })
}
