import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { signUp } from '../../support/self-service.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { answerCustom, noJson, riddles, startCustom } from '../../support/sign-in-triggers.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { answering, givenPoolWithEvery, type Handlers } from '../../support/user-triggers.ts'

type Call = (server: TestServer, clientId: string) => Promise<unknown>

const newcomer: Call = (server, clientId) => signUp(server, clientId, 'bo', { email: 'bo@example.test' })
const passwordOf =
  (name: string): Call =>
  (server, clientId) =>
    signInByPassword(server, clientId, name)

/** For each trigger, a call that invokes its function. `beside` has the functions of other triggers that the call needs to get that far. */
const calls: readonly { trigger: keyof Handlers; call: Call; beside?: Handlers }[] = [
  { trigger: 'PreSignUp', call: newcomer },
  { trigger: 'PostConfirmation', call: newcomer, beside: { PreSignUp: answering({ autoConfirmUser: true }) } },
  { trigger: 'CustomMessage', call: newcomer },
  { trigger: 'UserMigration', call: passwordOf('stranger') },
  { trigger: 'PreAuthentication', call: passwordOf('ana') },
  { trigger: 'PostAuthentication', call: passwordOf('ana') },
  { trigger: 'PreTokenGeneration', call: passwordOf('ana') },
  { trigger: 'DefineAuthChallenge', call: (server, clientId) => startCustom(server, clientId, 'ana') },
  { trigger: 'CreateAuthChallenge', call: (server, clientId) => startCustom(server, clientId, 'ana'), beside: riddles() },
  {
    trigger: 'VerifyAuthChallengeResponse',
    call: async (server, clientId) => answerCustom(server, clientId, await startCustom(server, clientId, 'ana'), 'blue'),
    beside: riddles(),
  },
]

for (const engine of engines) {
  describe(`A function that returns nothing on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    for (const { trigger, call, beside } of calls) {
      it(`fails the call with the error “Invalid JSON” for each trigger: ${trigger}`, async () => {
        let isSilent = false
        const handlers = { ...beside, [trigger]: (event: TriggerEvent) => (isSilent ? undefined : event) }
        const pool = { AutoVerifiedAttributes: ['email' as const] }
        const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_CUSTOM_AUTH' as const] }
        const { poolId, clientId, triggers } = await givenPoolWithEvery(server(), endpoint, handlers, { pool, client })
        await givenUser(server(), poolId, 'ana')
        triggers.clear()
        isSilent = true
        await assert.rejects(call(server(), clientId), noJson)
        assert.match(triggers.fired.at(-1) ?? '', new RegExp(`^${trigger.replace('PreTokenGeneration', 'TokenGeneration')}_`))
      })
    }
  })
}
