import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  InitiateAuthCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { copyEnvironment, copyPool } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { noAnswer, useAwsCredentials } from '../support/former-pools.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { useLocalServer } from '../support/local-server.ts'
import { readMetrics } from '../support/metrics.ts'
import { claimsOf, givenUser, goodPassword, signInByPassword, startSrp } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'
import { troubledPool } from '../support/troubled-pool.ts'
import { adminRename } from '../support/usernames.ts'

const verifiedEmail = (name: string) => [
  { Name: 'email', Value: `${name}@example.com` },
  { Name: 'email_verified', Value: 'true' },
]
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const locked = { name: 'NotAuthorizedException', message: /attempts exceeded/i }

useAwsCredentials()

const copiedUsers = ['ann', 'ben', 'carl', 'dora', 'eve', 'finn', 'gus', 'hal', 'ida', 'jan', 'kim', 'lea', 'mia', 'noa']
const flows = ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH'] as const

for (const engine of engines) {
  describe(`Passwords at a former pool on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })
    const former = troubledPool()
    const formerUrl = useLocalServer(former.listener)
    let ids: { poolId: string; clientId: string }
    const until = () => here().clock.now() + 86_400_000

    before(async () => {
      ids = await there().givenPool({ client: { ExplicitAuthFlows: [...flows] } })
      for (const name of copiedUsers) await givenUser(there(), ids.poolId, name, { attributes: verifiedEmail(name) })
      await copyPool(here(), there(), ids.poolId, ['--until', new Date(until()).toISOString(), '--client', ids.clientId])
    })

    const figures = () => callLifeguard(here(), 'DescribeFormerPool', { UserPoolId: ids.poolId })
    const signIn = (name: string, password = goodPassword) => signInByPassword(here(), ids.clientId, name, password)
    const setFormerPool = (changes: object) =>
      callLifeguard(here(), 'SetUserPoolExtensions', {
        UserPoolId: ids.poolId,
        FormerPool: { UserPoolId: ids.poolId, ClientId: ids.clientId, Endpoint: there().url, Until: until() / 1000, ...changes },
      })
    const hideUsers = (setting: 'ENABLED' | 'LEGACY') =>
      here().send(
        new UpdateUserPoolClientCommand({
          UserPoolId: ids.poolId,
          ClientId: ids.clientId,
          ExplicitAuthFlows: [...flows],
          PreventUserExistenceErrors: setting,
        }),
      )

    it('come over at the first sign-in, and are counted', async () => {
      const first = await figures()
      await signIn('ann')
      const second = await figures()
      assert.deepEqual([second.WaitingUsers - first.WaitingUsers, second.ComeOverUsers - first.ComeOverUsers, second.Asking], [-1, 1, true])
      const calls = (await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total')
      assert.equal(calls['result=right'], 1)
      await signIn('ann')
      assert.deepEqual((await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total'), calls)
      assert.equal((await startSrp(here(), ids.clientId, 'ann')).challenge.ChallengeName, 'PASSWORD_VERIFIER')
    })

    it('count as wrong passwords in the lockout of this server, which comes first', async () => {
      for (let guess = 0; guess < 5; guess++) await assert.rejects(signIn('ben', `Wrong-horse-${guess}`), wrong)
      const calls = (await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total')
      await assert.rejects(signIn('ben'), locked)
      assert.deepEqual((await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total'), calls)
      here().clock.advance(2_000)
      there().clock.advance(2_000)
      await signIn('ben')
    })

    it('come over by AdminInitiateAuth and by USER_AUTH', async () => {
      const admin = await here().send(
        new AdminInitiateAuthCommand({
          UserPoolId: ids.poolId,
          ClientId: ids.clientId,
          AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: 'carl', PASSWORD: goodPassword },
        }),
      )
      assert.notEqual(admin.AuthenticationResult, undefined)
      const choice = await here().send(
        new InitiateAuthCommand({
          ClientId: ids.clientId,
          AuthFlow: 'USER_AUTH',
          AuthParameters: { USERNAME: 'dora', PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: goodPassword },
        }),
      )
      assert.notEqual(choice.AuthenticationResult, undefined)
    })

    it('come over once when the user signs in many times at once', async () => {
      const before = (await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total')['result=right'] ?? 0
      await Promise.all(Array.from({ length: 5 }, () => signIn('eve')))
      const after = (await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total')['result=right'] ?? 0
      assert.equal(after - before, 1)
    })

    it('bring over a user whom nobody knows here, with the same sub', async () => {
      const { sub } = await givenUser(there(), ids.poolId, 'late', { attributes: verifiedEmail('late') })
      await assert.rejects(signIn('late', 'Wrong-horse-7'), wrong)
      await assert.rejects(signIn('nobody-at-all'), { name: 'UserNotFoundException' })
      const { AuthenticationResult: tokens } = await signIn('late')
      assert.equal(claimsOf(tokens?.IdToken ?? '')['sub'], sub)
      await signIn('late')
    })

    it('do not bring back a user who was deleted here', async () => {
      await here().send(new AdminDeleteUserCommand({ UserPoolId: ids.poolId, Username: 'finn' }))
      await assert.rejects(signIn('finn'))
      await assert.rejects(here().send(new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: 'finn' })), {
        name: 'UserNotFoundException',
      })
    })

    it('are replaced by ForgotPassword, which also brings users over by a signed call', async () => {
      await setFormerPool({ Flow: 'ADMIN_USER_PASSWORD_AUTH' })
      const { sub } = await givenUser(there(), ids.poolId, 'lost', { attributes: verifiedEmail('lost') })
      for (const name of ['gus', 'lost']) {
        await here().send(new ForgotPasswordCommand({ ClientId: ids.clientId, Username: name }))
        const [message] = await here().inbox(`${name}@example.com`)
        const answer = { ConfirmationCode: message?.code ?? '', Password: 'Newer-horse-9' }
        await here().send(new ConfirmForgotPasswordCommand({ ClientId: ids.clientId, Username: name, ...answer }))
        await signIn(name, 'Newer-horse-9')
        await assert.rejects(signIn(name), wrong)
      }
      const lost = await here().send(new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: 'lost' }))
      assert.equal(lost.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value, sub)
    })

    it('that are temporary there are temporary here', async () => {
      await setFormerPool({ Flow: 'ADMIN_USER_PASSWORD_AUTH' })
      const user = { Username: 'new', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' as const }
      await there().send(new AdminCreateUserCommand({ UserPoolId: ids.poolId, ...user }))
      assert.equal((await signIn('new')).ChallengeName, 'NEW_PASSWORD_REQUIRED')
    })

    it('that were reset there send the user to ForgotPassword, and do not count', async () => {
      await there().send(new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'hal' }))
      for (let attempt = 0; attempt < 6; attempt++) await assert.rejects(signIn('hal'), { name: 'PasswordResetRequiredException' })
    })

    it('give the same answers for an unknown name where the client hides which users exist', async () => {
      await hideUsers('ENABLED')
      for (const name of ['ida', 'nobody']) {
        for (let guess = 0; guess < 5; guess++) await assert.rejects(signIn(name, 'Wrong-horse-7'), wrong)
        await assert.rejects(signIn(name, 'Wrong-horse-7'), locked)
      }
      await setFormerPool({ Endpoint: formerUrl() })
      for (const name of ['jan', 'nobody-2']) await assert.rejects(signIn(name), noAnswer)
      await hideUsers('LEGACY')
    })

    it('never count against the user when the former pool throttles, breaks off or answers garbage', async () => {
      await setFormerPool({ Endpoint: formerUrl() })
      for (const trouble of ['throttling', 'garbage', 'throttling', 'closed', 'throttling', 'empty', 'throttling', 'huge'] as const) {
        former.state.trouble = trouble
        await assert.rejects(signIn('jan'), noAnswer, trouble)
      }
      assert.equal(typeof (await figures()).LastFailure, 'string')
      await setFormerPool({})
      await signIn('jan')
    })

    it('are not asked for while the former pool is known to be absent', async () => {
      await setFormerPool({ Endpoint: formerUrl() })
      former.state.trouble = 'closed'
      for (let attempt = 0; attempt < 5; attempt++) await assert.rejects(signIn('kim'), noAnswer)
      const { calls } = former.state
      for (let attempt = 0; attempt < 5; attempt++) await assert.rejects(signIn('kim'), noAnswer)
      assert.equal(former.state.calls, calls)
      here().clock.advance(31_000)
      await setFormerPool({})
      await signIn('kim')
    })

    it('are not asked for at an address of a private network', async () => {
      await setFormerPool({ Endpoint: 'http://10.0.0.1' })
      await assert.rejects(signIn('lea'), noAnswer)
      here().clock.advance(61_000)
      await assert.rejects(signIn('lea'), noAnswer)
      assert.equal((await figures()).LastFailure, 'refused')
    })

    it('do not lead to a user who has given up the name here, and follow a user with a new name', async () => {
      await setFormerPool({})
      await callLifeguard(here(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Usernames: { ChangeableBy: 'ADMINISTRATORS' } })
      await signIn('mia')
      const password = { UserPoolId: ids.poolId, Username: 'mia', Password: 'Another-horse-8', Permanent: true }
      await here().send(new AdminSetUserPasswordCommand(password))
      for (const name of ['mia', 'noa']) await adminRename(here(), ids.poolId, name, `${name}-new`)
      for (const name of ['mia', 'noa', 'mia-new']) await assert.rejects(signIn(name), wrong, name)
      await signIn('mia-new', 'Another-horse-8')
      await signIn('noa-new')
    })

    it('are asked for no longer after the time that was set', async () => {
      await setFormerPool({ Until: here().clock.now() / 1000 - 1 })
      await assert.rejects(signIn('lea'), wrong)
      assert.equal((await figures()).Asking, false)
    })
  })
}
