import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, AdminSetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { readMetrics } from '../../support/metrics.ts'
import { claimsOf, givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { agree, givenPoolWith, refuse, refusedBy, unrecognizable } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const failed = (trigger: string, reason: string) => ({
  name: 'UnexpectedLambdaException',
  message: `${trigger} invocation failed due to error ${reason}.`,
})

/** A promise that a handler waits for. The test resolves the promise late or never. */
const late = () => Promise.withResolvers<void>()

for (const engine of engines) {
  describe(`A policy of a trigger on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const log = recordingLogger()
    const server = useTestServer(engine, { flags: endpoint.flags, logger: log.logger })

    async function given(
      handlers: Partial<Record<'PreAuthentication' | 'PostAuthentication' | 'PreTokenGeneration', Handler>>,
      policies: object,
    ) {
      const triggers = endpoint.given(handlers)
      const ids = await givenPoolWith(server(), triggers)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Triggers: policies })
      const { sub } = await givenUser(server(), ids.poolId, 'ana')
      return { ...ids, sub, triggers }
    }

    const warnings = (poolId: string) =>
      log.lines.map((line) => JSON.parse(line)).filter(({ msg, poolId: of }) => msg === 'A trigger failed.' && of === poolId)

    it('is returned as it was set, with defaults for missing members', async () => {
      const { poolId } = await given(
        {},
        { PreAuthentication: { Retries: 2 }, PreTokenGeneration: { OnError: 'LAST_GOOD', TimeoutMilliseconds: 900 } },
      )
      const { Triggers } = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.deepEqual(Triggers, {
        PreAuthentication: { TimeoutMilliseconds: 5000, Retries: 2, OnError: 'FAIL' },
        PreTokenGeneration: { TimeoutMilliseconds: 900, Retries: 0, OnError: 'LAST_GOOD' },
      })
    })

    it('sets the time limit of each attempt, and the number of retries', async () => {
      const { promise: never } = late()
      const handler: Handler = (event) => (triggers.events.length < 3 ? never : event)
      const { clientId, triggers } = await given(
        { PostAuthentication: handler },
        { PostAuthentication: { TimeoutMilliseconds: 400, Retries: 2 } },
      )
      assert.ok((await signInByPassword(server(), clientId, 'ana')).AuthenticationResult)
      assert.equal(triggers.fired.length, 3)
      assert.deepEqual(triggers.events[1], triggers.events[0])
    })

    it('with CONTINUE continues after an invalid answer, and shows the failure in the log and the metrics', async () => {
      const silent: Handler = () => ({ response: 7 })
      const { poolId, clientId } = await given({ PreTokenGeneration: silent }, { PreTokenGeneration: { OnError: 'CONTINUE' } })
      const { idToken } = await givenTokens(server(), clientId, 'ana')
      assert.equal(claimsOf(idToken)['cognito:username'], 'ana')
      const [warning, ...others] = warnings(poolId)
      assert.equal(others.length, 0)
      const { trigger, source, path, expected, found, outcome } = warning
      assert.deepEqual(
        { trigger, source, path, expected, found, outcome },
        {
          trigger: 'PreTokenGeneration',
          source: 'TokenGeneration_Authentication',
          path: 'response',
          expected: 'an object',
          found: 'a number',
          outcome: 'CONTINUED',
        },
      )
      assert.match(warning.functionArn, /^arn:aws:lambda:us-east-1:123456789012:function:PreTokenGeneration-\d+$/)
      const figures = await (await fetch(`${server().url}/metrics`)).text()
      assert.match(figures, /lifeguard_trigger_invocations_total\{trigger="PreTokenGeneration",outcome="continued"\} [1-9]/)
      assert.match(figures, /lifeguard_trigger_duration_seconds_count\{trigger="PreTokenGeneration"\} [1-9]/)
    })

    it('with CONTINUE continues after any error that the function throws', async () => {
      for (const trigger of ['PreAuthentication', 'PostAuthentication'] as const) {
        const { clientId, triggers } = await given({ [trigger]: refuse }, { [trigger]: { OnError: 'CONTINUE' } })
        assert.ok((await signInByPassword(server(), clientId, 'ana')).AuthenticationResult)
        assert.deepEqual(triggers.fired, [`${trigger}_Authentication`])
      }
    })

    it('with CONTINUE_UNLESS_REFUSED rejects what the function rejects, and continues after any other failure', async () => {
      const OnError = 'CONTINUE_UNLESS_REFUSED'
      const refusing = await given({ PreAuthentication: refuse }, { PreAuthentication: { OnError } })
      await assert.rejects(signInByPassword(server(), refusing.clientId, 'ana'), refusedBy('PreAuthentication'))
      const babbling = await given({ PreAuthentication: () => 7 }, { PreAuthentication: { OnError } })
      assert.ok((await signInByPassword(server(), babbling.clientId, 'ana')).AuthenticationResult)
    })

    it('with LAST_GOOD uses the claims of the last good answer for this user and this app client', async () => {
      let answer: Handler = (event) => ({
        ...event,
        response: { claimsOverrideDetails: { claimsToAddOrOverride: { plan: `of ${event.userName}` } } },
      })
      const { poolId, clientId } = await given(
        { PreTokenGeneration: (event) => answer(event) },
        { PreTokenGeneration: { OnError: 'LAST_GOOD' } },
      )
      await givenUser(server(), poolId, 'bob')
      const planOf = async (name: string) => claimsOf((await givenTokens(server(), clientId, name)).idToken)['plan']
      assert.equal(await planOf('ana'), 'of ana')
      for (const failure of [refuse, () => ({}), () => ({ response: { claimsOverrideDetails: 7 } })] as Handler[]) {
        answer = failure
        assert.equal(await planOf('ana'), 'of ana')
      }
      // The function has given no good answer for bob yet. The good answer for ana is not used for bob.
      answer = refuse
      await assert.rejects(signInByPassword(server(), clientId, 'bob'), refusedBy('PreTokenGeneration'))
      await server().restart()
      assert.equal(await planOf('ana'), 'of ana')
      answer = (event) => ({ ...event, response: { claimsOverrideDetails: { claimsToAddOrOverride: { plan: 'new' } } } })
      assert.equal(await planOf('ana'), 'new')
      answer = refuse
      assert.equal(await planOf('ana'), 'new')
    })

    it('saves no answers before LAST_GOOD is set', async () => {
      let answer: Handler = agree
      const { clientId, poolId } = await given({ PreTokenGeneration: (event) => answer(event) }, {})
      await givenTokens(server(), clientId, 'ana')
      await callLifeguard(server(), 'SetUserPoolExtensions', {
        UserPoolId: poolId,
        Triggers: { PreTokenGeneration: { OnError: 'LAST_GOOD' } },
      })
      answer = () => 7
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), unrecognizable)
    })

    it('opens the circuit breaker after too many failures, until one test call succeeds', async () => {
      const open = late()
      let answer: Handler = () => open.promise
      const policy = { TimeoutMilliseconds: 200, CircuitBreaker: { Failures: 2, OpenSeconds: 60 } }
      const { poolId, clientId, triggers } = await given({ PreAuthentication: (event) => answer(event) }, { PreAuthentication: policy })
      const signIn = () => signInByPassword(server(), clientId, 'ana')
      const slow = failed('PreAuthentication', 'Socket timeout while invoking Lambda function')
      const left = failed('PreAuthentication', 'CircuitBreakerOpen')
      for (const seen of [slow, slow, left, left]) await assert.rejects(signIn(), seen)
      assert.equal(triggers.fired.length, 2)
      assert.deepEqual((await readMetrics(server().url)).valuesOf('lifeguard_circuit_breakers_open'), { '': 1 })

      server().clock.advance(61_000)
      assert.deepEqual((await readMetrics(server().url)).valuesOf('lifeguard_circuit_breakers_open'), { '': 0 })
      const trial = await Promise.allSettled([signIn(), signIn(), signIn()])
      assert.deepEqual(trial.map((one) => (one as PromiseRejectedResult).reason.message).sort(), [left.message, left.message, slow.message])
      assert.equal(triggers.fired.length, 3)
      await assert.rejects(signIn(), left)

      server().clock.advance(61_000)
      answer = agree
      for (let round = 0; round < 2; round++) assert.ok((await signIn()).AuthenticationResult)
      assert.equal(triggers.fired.length, 5)
      const breakerLines = log.lines.map((line) => JSON.parse(line)).filter((line) => line.poolId === poolId && /breaker/.test(line.msg))
      assert.deepEqual(
        breakerLines.map(({ level, msg, failures }) => [level, msg, failures]),
        [
          ['warn', 'A circuit breaker opened', 2],
          ['info', 'A circuit breaker closed', 3],
        ],
      )
      assert.match(breakerLines[0].function, /\w/)
      assert.ok(breakerLines[1].seconds >= 122)
      open.resolve()
    })

    it('does not count a rejection by the function as a failure for the circuit breaker', async () => {
      const policy = { CircuitBreaker: { Failures: 1, OpenSeconds: 60 } }
      const { clientId, triggers } = await given({ PreAuthentication: refuse }, { PreAuthentication: policy })
      for (let round = 0; round < 3; round++) {
        await assert.rejects(signInByPassword(server(), clientId, 'ana'), refusedBy('PreAuthentication'))
      }
      assert.equal(triggers.fired.length, 3)
    })

    it('lets no password or token into the log when functions return invalid answers', async () => {
      const { poolId, clientId } = await given(
        { PreAuthentication: () => 7, PreTokenGeneration: () => 7 },
        { PreAuthentication: { OnError: 'CONTINUE' } },
      )
      await server().send(
        new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'bob', MessageAction: 'SUPPRESS', TemporaryPassword: 'Temporary-7' }),
      )
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'bob', Password: goodPassword, Permanent: true }))
      await assert.rejects(signInByPassword(server(), clientId, 'bob'), unrecognizable)
      const lines = warnings(poolId).map((line) => JSON.stringify(line))
      assert.equal(lines.length, 2)
      for (const line of lines) assert.equal(new RegExp(`${goodPassword}|Temporary-7|eyJ`).test(line), false)
    })
  })
}
