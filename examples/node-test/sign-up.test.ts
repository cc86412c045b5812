import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import {
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { type Lifeguard, startLifeguard } from 'lifeguard/testing'

const ClientId = 'webclient'
const account = { Username: 'ana', Password: 'Correct-horse-7' }

let lifeguard: Lifeguard
let cognito: CognitoIdentityProviderClient

before(async () => {
  lifeguard = await startLifeguard()
  cognito = new CognitoIdentityProviderClient(lifeguard.clientConfig)
})

after(async () => {
  cognito.destroy()
  await lifeguard.stop()
})

beforeEach(async () => {
  await lifeguard.reset()
  const pool = { PoolName: 'users', UserPoolTags: { _custom_id_: 'us-east-1_users' }, AutoVerifiedAttributes: ['email' as const] }
  await cognito.send(new CreateUserPoolCommand(pool))
  await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: 'us-east-1_users',
      ClientName: `_custom_id_:${ClientId}`,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  await cognito.send(new SignUpCommand({ ClientId, ...account, UserAttributes: [{ Name: 'email', Value: 'ana@example.test' }] }))
})

it('signs a user up and in', async () => {
  const ConfirmationCode = await lifeguard.code('ana@example.test')
  await cognito.send(new ConfirmSignUpCommand({ ClientId, Username: account.Username, ConfirmationCode }))
  const AuthParameters = { USERNAME: account.Username, PASSWORD: account.Password }
  const { AuthenticationResult } = await cognito.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
  assert.ok(AuthenticationResult?.AccessToken)
})

it('refuses a code that is older than a day', async () => {
  const ConfirmationCode = await lifeguard.code('ana@example.test')
  await lifeguard.advanceClock(24 * 60 * 60 + 1)
  await assert.rejects(cognito.send(new ConfirmSignUpCommand({ ClientId, Username: account.Username, ConfirmationCode })), {
    name: 'ExpiredCodeException',
  })
})
