import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder, givenTriggered, recordingLogger } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { rawCall } from '../../support/raw-call.ts'
import { goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

/** A password that JSON and URLs spell in other ways. */
const password = 'Corr"ect horse+7'

for (const engine of engines) {
  describe(`Secrets that functions quote in their errors, on ${engine.name}`, () => {
    const folder = functionFolder()
    const log = recordingLogger()
    const server = useTestServer(engine, { flags: ['--functions', folder.path], logger: log.logger })

    /** What the log line and the record say about the one failure of a pool. */
    async function failureOf(poolId: string): Promise<{ line: string; record: string; message: string }> {
      const lines = log.lines.filter((line) => line.includes(poolId) && line.includes('A trigger failed.'))
      const { Invocations } = await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId: poolId })
      assert.equal(lines.length, 1)
      assert.equal(Invocations.length, 1)
      return { line: lines[0] ?? '', record: JSON.stringify(Invocations[0]), message: Invocations[0].Error.Message }
    }

    /** Waits for the first line of the log that matches. */
    async function lineOf(pattern: RegExp): Promise<string> {
      const deadline = performance.now() + 60_000
      while (performance.now() < deadline) {
        const line = log.lines.find((each) => pattern.test(each))
        if (line !== undefined) return line
        await setImmediate()
      }
      throw new Error(`The log does not say ${pattern}.`)
    }

    it('are masked in the message, the stack and the cause, also when they are escaped as in JSON or in URLs', async () => {
      folder.write(
        'migrate.mjs',
        `export const handler = async ({ request: { password } }) => {
          const cause = new Error('The directory refused ' + JSON.stringify({ password }) + ' of ?p=' + encodeURIComponent(password))
          throw new Error('Bad credentials <' + password + '>, said twice: ' + password, { cause })
        }`,
      )
      const { poolId, clientId } = await givenTriggered(server(), { UserMigration: functionArn('migrate') })
      await assert.rejects(signInByPassword(server(), clientId, 'bo', password))
      const { line, record, message } = await failureOf(poolId)
      assert.match(message, /^Bad credentials <\*\*\*>, said twice: \*\*\*$/)
      assert.match(line, /Bad credentials <\*\*\*>/)
      for (const kept of [line, record]) {
        for (const spelling of [
          password,
          JSON.stringify(password).slice(1, -1),
          JSON.stringify(JSON.stringify(password)).slice(3, -3),
          encodeURIComponent(password),
        ]) {
          assert.ok(!kept.includes(spelling), `${spelling} stands in ${kept}`)
        }
      }
    })

    it('are masked in validation data under any name; short values are masked only where they are whole words', async () => {
      folder.write(
        'gate.mjs',
        `export const handler = async ({ request: { validationData } }) => {
          throw new Error('No entry for badge ' + validationData.badge + ' at gate ' + validationData.gate + ' of 70 gates')
        }`,
      )
      const { poolId, clientId } = await givenTriggered(server(), { PreAuthentication: functionArn('gate') })
      const { status } = await rawCall(server(), 'InitiateAuth', {
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: clientId,
        AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword },
        ClientMetadata: { badge: 'badge-4711-of-ana', gate: '7' },
      })
      assert.equal(status, 400)
      const { line, record, message } = await failureOf(poolId)
      assert.equal(message, 'No entry for badge *** at gate *** of 70 gates')
      for (const kept of [line, record]) assert.ok(!kept.includes('4711'), kept)
    })

    it('are masked in an error that ends the thread after the answer', async () => {
      folder.write(
        'late.mjs',
        `export const handler = async (event) => {
          const { password } = event.request
          setImmediate(() => { throw new Error('The connection with <' + password + '> was lost') })
          return event
        }`,
      )
      const { clientId } = await givenTriggered(server(), { UserMigration: functionArn('late') })
      await assert.rejects(signInByPassword(server(), clientId, 'bo', password))
      const line = await lineOf(/The connection with/)
      assert.match(line, /The connection with <\*\*\*> was lost/)
      assert.ok(!line.includes('ect horse'), line)
    })

    it('are the only text that is masked: an error without secrets stays as it is', async () => {
      folder.write('closed.mjs', "export const handler = async () => { throw new Error('Closed until 7 o\\u2019clock') }")
      const { poolId, clientId } = await givenTriggered(server(), { PreAuthentication: functionArn('closed') })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'))
      assert.equal((await failureOf(poolId)).message, 'Closed until 7 o\u2019clock')
    })
  })
}
