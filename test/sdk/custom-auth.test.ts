import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AuthenticationDetails, type CognitoUser } from 'amazon-cognito-identity-js'
import { confirmSignIn, fetchAuthSession, signIn, signOut } from 'aws-amplify/auth'
import { openAmplify } from '../support/amplify.ts'
import { openBrowser } from '../support/cognito-user.ts'
import { engines } from '../support/engines.ts'
import { claimsOf, givenUser, goodPassword } from '../support/sign-in.ts'
import { customClient, givenPoolWith, type result, riddles, say } from '../support/sign-in-triggers.ts'
import { useTestServer } from '../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../support/trigger-endpoint.ts'

type Session = ReturnType<typeof result>[]

/** Trigger functions that ask a riddle. If the client begins with SRP, they ask for the password before the riddle. */
const functions = {
  ...riddles(),
  DefineAuthChallenge(event: TriggerEvent) {
    const session = event.request.session as Session
    const last = session.at(-1)
    if (last?.challengeName === 'SRP_A') return say(event, { challengeName: 'PASSWORD_VERIFIER' })
    if (last?.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult) return say(event, { issueTokens: true })
    return say(event, { challengeName: 'CUSTOM_CHALLENGE' })
  },
}

/** Resolves with the claims of the ID token after a sign-in, or with the parameters of the challenge if the library reports one. */
function nextStep(start: (callbacks: Parameters<CognitoUser['authenticateUser']>[1]) => void): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) =>
    start({
      onSuccess: (session) => resolve(claimsOf(session.getIdToken().getJwtToken())),
      onFailure: reject,
      customChallenge: resolve,
    }),
  )
}

for (const engine of engines) {
  describe(`CUSTOM_AUTH by client libraries on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given() {
      const triggers = endpoint.given(functions)
      const ids = await givenPoolWith(server(), triggers, { client: customClient })
      await givenUser(server(), ids.poolId, 'ana')
      const lastSession = () =>
        triggers.events.at(-1)?.request.session.map((one: Session[number]) => [one.challengeName, one.challengeResult])
      return { ...ids, lastSession }
    }

    for (const [how, before] of [
      ['without SRP', []],
      [
        'with SRP',
        [
          ['SRP_A', true],
          ['PASSWORD_VERIFIER', true],
        ],
      ],
    ] as const) {
      it(`amazon-cognito-identity-js answers a custom challenge ${how}`, async () => {
        const { lastSession, ...ids } = await given()
        const ana = openBrowser(server(), ids).user('ana')
        ana.setAuthenticationFlowType('CUSTOM_AUTH')
        const details = new AuthenticationDetails({ Username: 'ana', Password: goodPassword })
        const asked = await nextStep((callbacks) =>
          before.length === 0 ? ana.initiateAuth(details, callbacks) : ana.authenticateUser(details, callbacks),
        )
        assert.equal(asked['riddle'], 'the colour of the sky')
        const again = await nextStep((callbacks) => ana.sendCustomChallengeAnswer('green', callbacks))
        assert.equal(again['riddle'], 'the colour of the sky')
        const claims = await nextStep((callbacks) => ana.sendCustomChallengeAnswer('blue', callbacks))
        assert.equal(claims['cognito:username'], 'ana')
        assert.deepEqual(lastSession(), [...before, ['CUSTOM_CHALLENGE', false], ['CUSTOM_CHALLENGE', true]])
      })

      it(`aws-amplify answers a custom challenge ${how}`, async () => {
        const { lastSession, ...ids } = await given()
        openAmplify(server(), ids)
        const authFlowType = before.length === 0 ? 'CUSTOM_WITHOUT_SRP' : 'CUSTOM_WITH_SRP'
        const password = before.length === 0 ? {} : { password: goodPassword }
        const { nextStep } = await signIn({ username: 'ana', ...password, options: { authFlowType } })
        assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE')
        const wrong = await confirmSignIn({ challengeResponse: 'green' })
        assert.equal(wrong.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE')
        assert.deepEqual(await confirmSignIn({ challengeResponse: 'blue' }), { isSignedIn: true, nextStep: { signInStep: 'DONE' } })
        assert.equal((await fetchAuthSession()).tokens?.idToken?.payload['cognito:username'], 'ana')
        assert.deepEqual(lastSession(), [...before, ['CUSTOM_CHALLENGE', false], ['CUSTOM_CHALLENGE', true]])
        await signOut()
      })
    }

    it('a wrong password is reported by both libraries, and no further trigger function is called', async () => {
      const ids = await given()
      const ana = openBrowser(server(), ids).user('ana')
      ana.setAuthenticationFlowType('CUSTOM_AUTH')
      const details = new AuthenticationDetails({ Username: 'ana', Password: 'Wrong-horse-7' })
      const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      await assert.rejects(
        nextStep((callbacks) => ana.authenticateUser(details, callbacks)),
        wrong,
      )
      openAmplify(server(), ids)
      const options = { authFlowType: 'CUSTOM_WITH_SRP' } as const
      await assert.rejects(signIn({ username: 'ana', password: 'Wrong-horse-7', options }), wrong)
      assert.deepEqual(ids.lastSession(), [['SRP_A', true]])
    })
  })
}
