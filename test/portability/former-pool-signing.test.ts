import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../support/engines.ts'
import { noAnswer, useAwsCredentials } from '../support/former-pools.ts'
import { useLocalServer } from '../support/local-server.ts'
import { type ProductionServer, startProductionServer } from '../support/production-server.ts'
import { goodPassword } from '../support/sign-in.ts'
import { signedCall } from '../support/signed-call.ts'
import { troubledPool } from '../support/troubled-pool.ts'

const refusal = { name: 'InvalidParameterException', message: /^FormerPool\.Endpoint: .*--former-pool-endpoints/ }
const formerPoolId = 'us-east-1_AbCdEf123'
const signed = 'ADMIN_USER_PASSWORD_AUTH'
const unsigned = 'USER_PASSWORD_AUTH'

useAwsCredentials()

async function givenPool(owner: CognitoIdentityProviderClient) {
  const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'shop' }))
  const poolId = UserPool?.Id ?? ''
  const client = { ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
  const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ...client }))
  return { poolId, clientId: UserPoolClient?.ClientId ?? '' }
}

for (const engine of engines) {
  describe(`The signatures of calls of former pools on ${engine.name}`, () => {
    // Somebody who may set extensions of a pool names this endpoint, to read what the server sends.
    const trap = troubledPool()
    const trapUrl = useLocalServer(trap.listener)

    async function given(server: ProductionServer) {
      const key = await server.createKey()
      const owner = server.client(key)
      const { poolId, clientId } = await givenPool(owner)
      return {
        signIn: (reached = server) =>
          reached.client(key).send(
            new InitiateAuthCommand({
              ClientId: clientId,
              AuthFlow: unsigned,
              AuthParameters: { USERNAME: 'nobody', PASSWORD: goodPassword },
            }),
          ),
        setFormerPool: (Flow: string, Endpoint?: string) =>
          signedCall(server, key, 'SetUserPoolExtensions', {
            UserPoolId: poolId,
            FormerPool: { UserPoolId: formerPoolId, ClientId: 'abc', Endpoint, Flow, Until: server.clock.now() / 1000 + 86_400 },
          }),
        lastFailure: async () => (await signedCall(server, key, 'DescribeFormerPool', { UserPoolId: poolId })).LastFailure,
      }
    }

    it('go to endpoints of AWS only, unless the operator names others', async () => {
      await using server = await startProductionServer(engine, { flags: ['--private-former-pools', trapUrl()] })
      const { setFormerPool, signIn } = await given(server)
      for (const endpoint of [
        trapUrl(),
        'https://attacker.example',
        'https://cognito-idp.us-east-1.amazonaws.com.attacker.example',
        'https://cognito-idp.us-east-1.amazonaws.com@attacker.example',
        'https://cognito-idp.us-east-1.amazonaws.com:8443',
        'http://cognito-idp.us-east-1.amazonaws.com',
        'https://cognito-idp.eu-west-1.amazonaws.com',
        'https://sts.us-east-1.amazonaws.com',
      ]) {
        await assert.rejects(setFormerPool(signed, endpoint), (error: Error) => {
          assert.equal(error.name, refusal.name, endpoint)
          assert.match(error.message, /^FormerPool\.Endpoint: /, endpoint)
          return true
        })
      }
      await assert.rejects(setFormerPool(signed, trapUrl()), refusal)
      await setFormerPool(signed)
      await setFormerPool(signed, 'https://cognito-idp.us-east-1.amazonaws.com/')

      // Calls without a signature may go there: they carry the password that the user typed, and nothing of the server's.
      await setFormerPool(unsigned, trapUrl())
      const { calls } = trap.state
      await assert.rejects(signIn(), noAnswer)
      assert.deepEqual([trap.state.calls - calls, trap.state.signed], [1, 0])
    })

    it('go to the endpoints that the operator names, as long as they are named', async () => {
      const flags = ['--private-former-pools', trapUrl()]
      const named = ['--former-pool-endpoints', `https://other.example,${trapUrl()}`]
      await using server = await startProductionServer(engine, { flags: [...flags, ...named] })
      const { setFormerPool, signIn, lastFailure } = await given(server)
      await setFormerPool(signed, trapUrl())
      const before = { ...trap.state }
      await assert.rejects(signIn(), noAnswer)
      assert.deepEqual([trap.state.calls - before.calls, trap.state.signed - before.signed], [1, 1])

      await using later = await startProductionServer(engine, { flags, like: server })
      await assert.rejects(signIn(later), noAnswer)
      assert.deepEqual([trap.state.calls - before.calls, trap.state.signed - before.signed], [1, 1])
      assert.equal(await lastFailure(), 'refused')
    })
  })
}
