import {
  AdminInitiateAuthCommand,
  type AuthFlowType,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider'
import { callLifeguard } from './lifeguard-operations.ts'
import { respond } from './mfa.ts'
import type { PoolAndClient, Values } from './self-service.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'
import type { GivenTriggers, TriggerEvent } from './trigger-endpoint.ts'

/** A trigger function that returns the event unchanged. */
export const agree = (event: TriggerEvent) => event

/** A trigger function that throws. */
export function refuse(): never {
  throw new Error('not today')
}

/** The error that the API returns when the trigger function is `refuse`. */
export const refusedBy = (trigger: string) => ({
  name: 'UserLambdaValidationException',
  message: `${trigger} failed with error not today.`,
})

export const unrecognizable = { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' }
export const noJson = { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' }

/** A pool with the trigger functions in `triggers`. */
export async function givenPoolWith(server: TestServer, triggers: GivenTriggers, { pool, client }: TestPoolOptions = {}) {
  const options = client === undefined ? {} : { client }
  const ids = await server.givenPool({ pool: { ...pool, LambdaConfig: triggers.lambdaConfig }, ...options })
  const TriggerFunctions = triggers.triggerFunctions
  if (Object.keys(TriggerFunctions).length === 0) return ids
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: ids.poolId, TriggerFunctions })
  return ids
}

export function initiate(
  server: TestServer,
  clientId: string,
  flow: AuthFlowType,
  parameters: Values,
  clientMetadata?: Values,
): Promise<InitiateAuthCommandOutput> {
  const request = { ClientId: clientId, AuthFlow: flow, AuthParameters: parameters }
  return server.send(new InitiateAuthCommand(clientMetadata === undefined ? request : { ...request, ClientMetadata: clientMetadata }))
}

export function adminInitiate(server: TestServer, { poolId, clientId }: PoolAndClient, flow: AuthFlowType, parameters: Values) {
  return server.send(new AdminInitiateAuthCommand({ UserPoolId: poolId, ClientId: clientId, AuthFlow: flow, AuthParameters: parameters }))
}

/** Begins a sign-in by InitiateAuth with CUSTOM_AUTH. */
export function startCustom(server: TestServer, clientId: string, username: string, more: Values = {}) {
  return initiate(server, clientId, 'CUSTOM_AUTH', { USERNAME: username, ...more })
}

/** Answers CUSTOM_CHALLENGE as clients do, with the username from the challenge. */
export function answerCustom(server: TestServer, clientId: string, asked: InitiateAuthCommandOutput, answer: string) {
  const username = asked.ChallengeParameters?.['USERNAME'] ?? ''
  return respond(server, clientId, 'CUSTOM_CHALLENGE', asked.Session, { USERNAME: username, ANSWER: answer })
}

/** All members of an event except `request` and `response`. Apart from `triggerSource`, they are the same in all events of one sign-in. */
export function envelopeOf({ request: _request, response: _response, ...envelope }: TriggerEvent) {
  return envelope
}

/** The result of an answered challenge, as trigger functions receive it. */
export const result = (challengeName: string, challengeResult = true, challengeMetadata: string | null = null) => ({
  challengeName,
  challengeResult,
  challengeMetadata,
})

export const customClient = {
  ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
} satisfies TestPoolOptions['client']

type Step = { readonly challengeName?: string; readonly issueTokens?: boolean; readonly failAuthentication?: boolean }

/** The event with the decision of a DefineAuthChallenge function in its response. */
export function say(event: TriggerEvent, { challengeName, issueTokens = false, failAuthentication = false }: Step): TriggerEvent {
  return { ...event, response: { challengeName: challengeName ?? null, issueTokens, failAuthentication } }
}

/** Trigger functions that ask a riddle up to `tries` times. The answer is `blue`. */
export function riddles(tries = 3) {
  return {
    DefineAuthChallenge(event: TriggerEvent) {
      const session = event.request.session as ReturnType<typeof result>[]
      if (session.at(-1)?.challengeName === 'CUSTOM_CHALLENGE' && session.at(-1)?.challengeResult) return say(event, { issueTokens: true })
      return say(event, session.length < tries ? { challengeName: 'CUSTOM_CHALLENGE' } : { failAuthentication: true })
    },
    CreateAuthChallenge(event: TriggerEvent) {
      const round = String(event.request.session.length + 1)
      const response = {
        publicChallengeParameters: { riddle: 'the colour of the sky', round },
        privateChallengeParameters: { answer: 'blue' },
        challengeMetadata: `RIDDLE-${round}`,
      }
      return { ...event, response }
    },
    VerifyAuthChallengeResponse(event: TriggerEvent) {
      const { privateChallengeParameters, challengeAnswer } = event.request
      return { ...event, response: { answerCorrect: privateChallengeParameters.answer === challengeAnswer } }
    },
  }
}

export const define = 'DefineAuthChallenge_Authentication'
export const create = 'CreateAuthChallenge_Authentication'
export const verify = 'VerifyAuthChallengeResponse_Authentication'
