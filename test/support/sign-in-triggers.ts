import {
  AdminInitiateAuthCommand,
  type AuthFlowType,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider'
import { respond } from './mfa.ts'
import type { PoolAndClient, Values } from './self-service.ts'
import type { PoolWish, TestServer } from './test-server.ts'
import type { GivenTriggers, TriggerEvent } from './trigger-endpoint.ts'

/** The handler of a function that has no objection. */
export const agree = (event: TriggerEvent) => event

export function refuse(): never {
  throw new Error('not today')
}

/** What the caller of a function that threw `refuse`'s error is told. */
export const refusedBy = (trigger: string) => ({
  name: 'UserLambdaValidationException',
  message: `${trigger} failed with error not today.`,
})

export const unrecognizable = { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' }

/** A pool that asks these functions. */
export function givenPoolWith(server: TestServer, triggers: GivenTriggers, { pool, client }: PoolWish = {}) {
  const wish = client === undefined ? {} : { client }
  return server.givenPool({ pool: { ...pool, LambdaConfig: triggers.lambdaConfig }, ...wish })
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

/** InitiateAuth with CUSTOM_AUTH. */
export function startCustom(server: TestServer, clientId: string, username: string, more: Values = {}) {
  return initiate(server, clientId, 'CUSTOM_AUTH', { USERNAME: username, ...more })
}

/** Answers CUSTOM_CHALLENGE as clients do: by the name that the question told. */
export function answerCustom(server: TestServer, clientId: string, asked: InitiateAuthCommandOutput, answer: string) {
  const username = asked.ChallengeParameters?.['USERNAME'] ?? ''
  return respond(server, clientId, 'CUSTOM_CHALLENGE', asked.Session, { USERNAME: username, ANSWER: answer })
}

/** The envelope that every event of a pool and user has, from its first event: all but `request` and `response`. */
export function envelopeOf({ request: _request, response: _response, ...envelope }: TriggerEvent) {
  return envelope
}
