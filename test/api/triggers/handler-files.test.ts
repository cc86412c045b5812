import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LambdaConfigType } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeSentTo, confirm, messagesOf, signUp } from '../../support/self-service.ts'
import { claimsOf, givenTokens, signInByPassword } from '../../support/sign-in.ts'
import { answerCustom, startCustom } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'

/** For each trigger, what its function does with the event before it returns the event, as in AWS's guides. */
const bodies = {
  PreSignUp: 'event.response.autoVerifyEmail = event.request.userAttributes.email.endsWith("@trusted.test")',
  PostConfirmation: 'if (event.triggerSource !== "PostConfirmation_ConfirmSignUp") throw new Error(event.triggerSource)',
  PreAuthentication: 'if (event.request.userAttributes.email === "banned@example.test") throw new Error("not you")',
  PostAuthentication: 'if (event.request.newDeviceUsed) throw new Error("no devices here")',
  PreTokenGeneration:
    'event.response = { claimsOverrideDetails: { claimsToAddOrOverride: { plan: "gold" }, claimsToSuppress: ["email"] } }',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the function's own template
  CustomMessage: 'event.response.emailMessage = `Hello! ${event.request.codeParameter}`',
  UserMigration:
    'if (event.request.password !== "Correct-horse-7") throw new Error("wrong")\n' +
    'event.response = { userAttributes: { email: "moved@example.test", email_verified: "true", username: event.userName }, finalUserStatus: "CONFIRMED", messageAction: "SUPPRESS" }',
  DefineAuthChallenge:
    'const last = event.request.session.at(-1)\n' +
    'event.response.issueTokens = last !== undefined && last.challengeResult\n' +
    'event.response.failAuthentication = last !== undefined && !last.challengeResult\n' +
    'if (last === undefined) event.response.challengeName = "CUSTOM_CHALLENGE"',
  CreateAuthChallenge:
    'event.response.publicChallengeParameters = { question: "What is 6 x 7?" }\n' +
    'event.response.privateChallengeParameters = { answer: "42" }',
  VerifyAuthChallengeResponse:
    'event.response.answerCorrect = event.request.challengeAnswer === event.request.privateChallengeParameters.answer',
  CustomEmailSender: 'if (!event.request.code) throw new Error("no code")',
  CustomSMSSender: 'if (!event.request.code) throw new Error("no code")',
} as const

type Trigger = keyof typeof bodies

/** The styles in which Lambda functions return their event. */
const forms = {
  sync: (body: string) => `exports.handler = function (event) {\n${body}\nreturn event\n}`,
  async: (body: string) => `export const handler = async (event) => {\n${body}\nreturn event\n}`,
  callback: (body: string) =>
    `exports.handler = (event, context, callback) => {\ntry {\n${body}\n} catch (error) {\nreturn callback(error)\n}\ncallback(null, event)\n}`,
} as const

// The engine of the database makes no difference here.
const [engine = assert.fail('there is an engine')] = engines

describe(`Handler files that were written for Lambda, on ${engine.name}`, () => {
  const folder = functionFolder()
  for (const [form, write] of Object.entries(forms)) {
    const extension = form === 'async' ? 'mjs' : 'js'
    for (const [trigger, body] of Object.entries(bodies)) folder.write(`${form}-${trigger}.${extension}`, write(body))
  }
  const server = useTestServer(engine, { flags: ['--functions', folder.path] })

  function configOf(form: string, triggers: readonly Trigger[]): LambdaConfigType {
    return Object.fromEntries(triggers.map((trigger) => [trigger, functionArn(`${form}-${trigger}`)]))
  }

  /** Asserts that all invocations succeeded, and resolves with their sources in order. */
  async function invokedSources(poolId: string): Promise<string[]> {
    const { Invocations } = await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId: poolId, MaxResults: 60 })
    const records = (Invocations as { TriggerSource: string; Outcome: string; Error?: unknown }[]).toReversed()
    for (const { TriggerSource, Outcome, Error: error } of records)
      assert.equal(Outcome, 'SUCCEEDED', `${TriggerSource}: ${JSON.stringify(error)}`)
    return records.map(({ TriggerSource }) => TriggerSource)
  }

  for (const form of Object.keys(forms)) {
    it(`run unchanged for each trigger: ${form}`, async () => {
      const { CustomEmailSender: _mail, CustomSMSSender: _text, ...others } = bodies
      const ids = await server().givenPool({
        pool: { AutoVerifiedAttributes: ['email'], LambdaConfig: configOf(form, Object.keys(others) as Trigger[]) },
        client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
      })
      await signUp(server(), ids.clientId, 'ana', { email: 'ana@example.test' })
      const code = await codeSentTo(server(), ids.poolId, 'ana@example.test')
      assert.deepEqual(
        (await messagesOf(server(), ids.poolId)).map(({ html }) => html),
        [`Hello! ${code}`],
      )
      await confirm(server(), ids.clientId, 'ana', code)
      const { idToken } = await givenTokens(server(), ids.clientId, 'ana')
      const { plan, email } = claimsOf(idToken)
      assert.deepEqual({ plan, email }, { plan: 'gold', email: undefined })

      const question = await startCustom(server(), ids.clientId, 'ana')
      assert.equal(question.ChallengeParameters?.['question'], 'What is 6 x 7?')
      assert.ok((await answerCustom(server(), ids.clientId, question, '42')).AuthenticationResult)
      assert.ok((await signInByPassword(server(), ids.clientId, 'moved')).AuthenticationResult)
      assert.deepEqual(await invokedSources(ids.poolId), [
        'PreSignUp_SignUp',
        'CustomMessage_SignUp',
        'PostConfirmation_ConfirmSignUp',
        'PreAuthentication_Authentication',
        'PostAuthentication_Authentication',
        'TokenGeneration_Authentication',
        'PreAuthentication_Authentication',
        'DefineAuthChallenge_Authentication',
        'CreateAuthChallenge_Authentication',
        'VerifyAuthChallengeResponse_Authentication',
        'DefineAuthChallenge_Authentication',
        'PostAuthentication_Authentication',
        'TokenGeneration_Authentication',
        'UserMigration_Authentication',
        'PreAuthentication_Authentication',
        'PostAuthentication_Authentication',
        'TokenGeneration_Authentication',
      ])
    })

    it(`run unchanged as custom senders: ${form}`, async () => {
      const KMSKeyID = 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555'
      const sender = (trigger: Trigger) => ({ LambdaVersion: 'V1_0', LambdaArn: functionArn(`${form}-${trigger}`) }) as const
      const { poolId, clientId } = await server().givenPool({
        pool: {
          AutoVerifiedAttributes: ['email', 'phone_number'],
          SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' },
          LambdaConfig: { KMSKeyID, CustomEmailSender: sender('CustomEmailSender'), CustomSMSSender: sender('CustomSMSSender') },
        },
      })
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      await signUp(server(), clientId, 'bo', { phone_number: '+15555550100' })
      // A request to the inbox waits until the outbox is empty.
      assert.deepEqual(await messagesOf(server(), poolId), [])
      assert.deepEqual((await invokedSources(poolId)).toSorted(), ['CustomEmailSender_SignUp', 'CustomSMSSender_SignUp'])
    })
  }
})
