import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CreateUserPoolClientCommand, CreateUserPoolCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { functionArn, functionFolder } from '../support/functions.ts'
import { sdkClient } from '../support/test-server.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()

describe('The shutdown of a server', () => {
  const functions = functionFolder()

  it('names the part that does not close in time, and closes the others', async () => {
    // Node cannot end a thread that waits for another program. The program ends by itself after the test.
    functions.write(
      'stuck.mjs',
      `
        import { execFileSync } from 'node:child_process'
        export const handler = () => {
          console.log('The function is stuck.')
          execFileSync(process.execPath, ['-e', 'setTimeout(() => undefined, 60_000)'])
        }
      `,
    )
    const flags = ['dev', '--port', '0', '--data', join(folder, 'data'), '--functions', functions.path, '--shutdown-seconds', '0']
    await using server = new LifeguardProcess([...flags, '--log-format', 'json'])
    const client = sdkClient(await server.url(), 'us-east-1')
    const LambdaConfig = { PreSignUp: functionArn('stuck') }
    const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'p', LambdaConfig }))
    const { UserPoolClient } = await client.send(new CreateUserPoolClientCommand({ UserPoolId: UserPool?.Id, ClientName: 'app' }))
    const signUp = client.send(new SignUpCommand({ ClientId: UserPoolClient?.ClientId, Username: 'ana', Password: 'Hunter-2-secret' }))
    const cutOff = assert.rejects(signUp)
    await server.says(/The function is stuck/)
    server.child.kill('SIGTERM')
    const [, part] = await server.says(/"part":"(\w+)".*"msg":"A part of the server did not close"/)
    assert.equal(part, 'triggerFunctions')
    const [, requests] = await server.says(/"cutOff":(\d+).*"msg":"Shutdown finished"/)
    assert.equal(requests, '1')
    assert.equal(server.stdout.match(/did not close"/g)?.length, 1, server.stdout)
    client.destroy()
    await cutOff
  })
})
