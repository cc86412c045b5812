import {
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { type Lifeguard, startLifeguard } from 'lifeguard/testing'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

const ClientId = 'shopclient'
const Password = 'Correct-horse-7'

let lifeguard: Lifeguard
let cognito: CognitoIdentityProviderClient

beforeAll(async () => {
  lifeguard = await startLifeguard({ apply: 'pools.yaml' })
  cognito = new CognitoIdentityProviderClient(lifeguard.clientConfig)
})

afterAll(async () => {
  cognito?.destroy()
  await lifeguard?.stop()
})

// Afterwards only what pools.yaml describes is there.
beforeEach(() => lifeguard.reset())

const signIn = (USERNAME: string) =>
  cognito.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD: Password } }))

const signUp = (Username: string) =>
  cognito.send(new SignUpCommand({ ClientId, Username, Password, UserAttributes: [{ Name: 'email', Value: `${Username}@example.test` }] }))

it('signs in the user of the pool file', async () => {
  const { AuthenticationResult } = await signIn('ana')
  expect(AuthenticationResult?.AccessToken).toBeDefined()
})

it('signs a user up with the code that was sent', async () => {
  await signUp('bo')
  const ConfirmationCode = await lifeguard.code('bo@example.test')
  await cognito.send(new ConfirmSignUpCommand({ ClientId, Username: 'bo', ConfirmationCode }))
  const { AuthenticationResult } = await signIn('bo')
  expect(AuthenticationResult?.AccessToken).toBeDefined()
})

it('refuses a code that is older than a day', async () => {
  await signUp('bo')
  const ConfirmationCode = await lifeguard.code('bo@example.test')
  await lifeguard.advanceClock(24 * 60 * 60 + 1)
  const confirmation = cognito.send(new ConfirmSignUpCommand({ ClientId, Username: 'bo', ConfirmationCode }))
  await expect(confirmation).rejects.toMatchObject({ name: 'ExpiredCodeException' })
})
