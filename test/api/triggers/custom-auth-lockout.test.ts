import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenUser } from '../../support/sign-in.ts'
import {
  answerCustom,
  customClient,
  givenPoolWith,
  refuse,
  refusedBy,
  riddles,
  say,
  startCustom,
  verify,
} from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'

type Handlers = Parameters<Awaited<ReturnType<typeof openTriggerEndpoint>>['given']>[0]

const failed = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }

/** Trigger functions that issue two custom challenges, one after the other. Only the result of the second one decides about the sign-in. */
const withWarmUp: Handlers = {
  ...riddles(1),
  DefineAuthChallenge(event: TriggerEvent) {
    const session = event.request.session as { readonly challengeResult: boolean }[]
    if (session.length < 2) return say(event, { challengeName: 'CUSTOM_CHALLENGE' })
    return say(event, session[1]?.challengeResult ? { issueTokens: true } : { failAuthentication: true })
  },
}

for (const engine of engines) {
  describe(`Wrong answers to custom challenges on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(handlers: Handlers, CustomAuth?: object) {
      const triggers = endpoint.given(handlers)
      const client = { ...customClient, PreventUserExistenceErrors: 'ENABLED' as const }
      const ids = await givenPoolWith(server(), triggers, { client })
      await givenUser(server(), ids.poolId, 'ana')
      if (CustomAuth !== undefined) await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, CustomAuth })
      return { ...ids, triggers }
    }

    const answer = async (clientId: string, name: string, text: string) =>
      answerCustom(server(), clientId, await startCustom(server(), clientId, name), text)

    it('are limited only by the functions in a pool without the setting WrongAnswers', async () => {
      const { clientId } = await given(riddles(1))
      for (let count = 0; count < 10; count++) await assert.rejects(answer(clientId, 'ana', 'green'), failed)
      assert.ok((await answer(clientId, 'ana', 'blue')).AuthenticationResult)
    })

    it('lock a known or unknown name after five, if WrongAnswers is LOCK_OUT; new sign-ins do not reset the count', async () => {
      const { clientId, triggers } = await given(riddles(1), { WrongAnswers: 'LOCK_OUT' })
      for (const name of ['ana', 'nobody']) {
        for (let count = 0; count < 5; count++) await assert.rejects(answer(clientId, name, 'green'), failed)
        const issued = await startCustom(server(), clientId, name)
        triggers.clear()
        await assert.rejects(answerCustom(server(), clientId, issued, 'blue'), locked)
        assert.deepEqual(triggers.fired, [])
        server().clock.advance(1001)
        const late = answerCustom(server(), clientId, issued, 'blue')
        if (name === 'ana') assert.ok((await late).AuthenticationResult)
        else await assert.rejects(late, failed)
      }
      // A sign-in that gets tokens resets the count.
      for (let count = 0; count < 4; count++) await assert.rejects(answer(clientId, 'ana', 'green'), failed)
      assert.ok((await answer(clientId, 'ana', 'blue')).AuthenticationResult)
    })

    it('count even when a right answer to an easier challenge precedes each of them', async () => {
      const { clientId, triggers } = await given(withWarmUp, { WrongAnswers: 'LOCK_OUT' })
      for (let count = 0; count < 5; count++) {
        const riddle = await answer(clientId, 'ana', 'blue')
        await assert.rejects(answerCustom(server(), clientId, riddle, 'green'), failed)
      }
      triggers.clear()
      await assert.rejects(answer(clientId, 'ana', 'blue'), locked)
      assert.equal(triggers.fired.filter((source) => source === verify).length, 0)
    })

    it('count even when the function throws an error instead of judging them', async () => {
      const handlers: Handlers = { ...riddles(1), VerifyAuthChallengeResponse: refuse }
      const { clientId } = await given(handlers, { WrongAnswers: 'LOCK_OUT' })
      for (let count = 0; count < 5; count++)
        await assert.rejects(answer(clientId, 'ana', 'green'), refusedBy('VerifyAuthChallengeResponse'))
      await assert.rejects(answer(clientId, 'ana', 'blue'), locked)
    })
  })
}
