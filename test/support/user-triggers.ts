import { type RawAnswer, rawCall } from './raw-call.ts'
import { agree, givenPoolWith } from './sign-in-triggers.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'
import type { Handler, TriggerEndpoint, TriggerEvent } from './trigger-endpoint.ts'

/**
 * A function for every trigger of Cognito's that operations on a user may invoke. Each function returns the event unchanged. So a test can assert which
 * triggers were invoked, and that no others were.
 */
const everyTrigger = {
  PreSignUp: agree,
  PostConfirmation: agree,
  CustomMessage: agree,
  UserMigration: agree,
  PreAuthentication: agree,
  PostAuthentication: agree,
  PreTokenGeneration: agree,
  DefineAuthChallenge: agree,
  CreateAuthChallenge: agree,
  VerifyAuthChallengeResponse: agree,
}

/** A function for every trigger that Cognito does not have. Each function returns the event unchanged. */
export const everyOwnTrigger = {
  PreDeleteUser: agree,
  PostDeleteUser: agree,
  PreUpdateUserAttributes: agree,
}

export type Handlers = Partial<Record<keyof typeof everyTrigger | keyof typeof everyOwnTrigger, Handler>>

/** A pool with the triggers of `everyTrigger`. `handlers` replaces some of their functions. */
export async function givenPoolWithEvery(
  server: TestServer,
  endpoint: TriggerEndpoint,
  handlers: Handlers = {},
  poolOptions: TestPoolOptions = {},
) {
  const triggers = endpoint.given({ ...everyTrigger, ...handlers })
  return { ...(await givenPoolWith(server, triggers, poolOptions)), triggers }
}

/** A handler that sets these members of the response. */
export const answering =
  (response: object): Handler =>
  (event: TriggerEvent) => ({ ...event, response: { ...event.response, ...response } })

/** Calls SetUserPoolExtensions with the section SignUp. */
export async function setSignUpExtension(server: TestServer, poolId: string, SignUp: object): Promise<void> {
  const { status, text } = await rawCall(server, 'LifeguardService.SetUserPoolExtensions', { UserPoolId: poolId, SignUp })
  if (status !== 200) throw new Error(`SetUserPoolExtensions answered ${status}: ${text}`)
}

/** The name of the error in an answer, or `ok`. */
export function errorOf({ status, body }: RawAnswer): string {
  return status === 200 ? 'ok' : String(body['__type'])
}
