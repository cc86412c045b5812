import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  type LambdaConfigType,
  SignUpCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder } from '../../support/functions.ts'
import { startProductionServer } from '../../support/production-server.ts'

const unknownFunction = {
  name: 'UnexpectedLambdaException',
  message: 'PreSignUp invocation failed due to error ResourceNotFoundException.',
}
let names = 0

async function givenPool(client: CognitoIdentityProviderClient) {
  const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'some' }))
  const poolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await client.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'app' }))
  return { poolId, clientId: UserPoolClient?.ClientId ?? '' }
}

const signUp = (client: CognitoIdentityProviderClient, clientId: string) =>
  client.send(new SignUpCommand({ ClientId: clientId, Username: `user-${names++}`, Password: 'Correct-horse-7' }))

for (const engine of engines) {
  describe(`A function that the functions file reserves for some pools, on ${engine.name}`, () => {
    const folder = functionFolder()
    const agrees = 'export const handler = (event) => ({ ...event, response: { autoConfirmUser: true } })'
    for (const name of ['guarded.mjs', 'open.mjs', 'modules/guarded.mjs']) folder.write(name, agrees)

    it('runs for those pools only, even if the administrator of another pool names it', async () => {
      await using before = await startProductionServer(engine)
      const client = before.client(await before.createKey())
      const [own, other] = [await givenPool(client), await givenPool(client)]
      const open = { module: 'open.mjs' }
      const file = folder.write('functions.json', { guarded: { module: 'guarded.mjs', pools: [own.poolId] }, open, '*': open })
      const flags = ['--functions-file', file, '--functions', `${folder.path}/modules`]
      await using server = await startProductionServer(engine, { flags, like: before })

      /** A client with the access key of an administrator who may change this pool only. */
      const keyOf = async ({ poolId }: { poolId: string }) => {
        const Resource = `arn:aws:cognito-idp:${server.region}:${server.accountId}:userpool/${poolId}`
        const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'cognito-idp:*', Resource }] }
        return server.client(await server.createKey({ policy }))
      }
      const set = async (pool: { poolId: string }, LambdaConfig: LambdaConfigType) =>
        (await keyOf(pool)).send(new UpdateUserPoolCommand({ UserPoolId: pool.poolId, LambdaConfig }))
      const at = server.client({ accessKeyId: 'AKIANOTNEEDEDHERE000', secretAccessKey: 'any' })

      await set(own, { PreSignUp: functionArn('guarded') })
      assert.equal((await signUp(at, own.clientId)).UserConfirmed, true)
      for (const name of ['guarded', 'guarded:live']) {
        await set(other, { PreSignUp: functionArn(name) })
        await assert.rejects(signUp(at, other.clientId), unknownFunction)
      }
      for (const name of ['open', 'anything']) {
        await set(other, { PreSignUp: functionArn(name) })
        assert.equal((await signUp(at, other.clientId)).UserConfirmed, true)
      }
      await assert.rejects((await keyOf(other)).send(new UpdateUserPoolCommand({ UserPoolId: own.poolId, LambdaConfig: {} })), {
        name: 'AccessDeniedException',
      })
    })
  })
}
