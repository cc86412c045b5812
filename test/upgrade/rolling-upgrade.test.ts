import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  GetUserCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { systemClock } from '../../src/base/clock.ts'
import { createHeldLease } from '../../src/storage/held-lease.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { lifeguard } from '../cli/lifeguard-process.ts'
import { createAccessKey } from '../support/access-key.ts'
import { engines } from '../support/engines.ts'
import { appliedMigrations, migrationNames } from '../support/older-schema.ts'
import { answerSrp, givenTokens, givenUser, goodPassword, signInByPassword, srpResponses, startSrp } from '../support/sign-in.ts'
import { openSmsEndpoint } from '../support/sms-endpoint.ts'
import { missingHistory } from './previous-release.ts'
import { SignUps } from './sign-ups.ts'
import { allFlows, createInstallation, createPool, type Ids, type Installation, type Node, region, waitFor } from './two-releases.ts'

const sms = await openSmsEndpoint()
const otherPassword = 'Battery-staple-8'

const refresh = ({ sdk }: Node, ClientId: string, refreshToken: string) =>
  sdk.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: refreshToken } }))

/** Begins a sign-in by SRP on one node and answers its challenge on another. */
async function signInAcross(first: Node, second: Node, { poolId, clientId }: Ids, username: string) {
  const { a, challenge } = await startSrp(first.sdk, clientId, username)
  return answerSrp(second.sdk, clientId, srpResponses(poolId, goodPassword, a, challenge))
}

/** Begins a sign-in with a temporary password on one node, and sets the new password on another with the Session. */
async function setNewPasswordAcross(first: Node, second: Node, { poolId, clientId }: Ids, username: string) {
  const create = { UserPoolId: poolId, Username: username, TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' as const }
  await first.sdk.send(new AdminCreateUserCommand(create))
  const { Session } = await signInByPassword(first.sdk, clientId, username)
  const ChallengeResponses = { USERNAME: username, NEW_PASSWORD: otherPassword }
  const answer = { ClientId: clientId, ChallengeName: 'NEW_PASSWORD_REQUIRED' as const, Session, ChallengeResponses }
  return second.sdk.send(new RespondToAuthChallengeCommand(answer))
}

/** Whether the request succeeds; false when it is refused. Any other failure, such as an answer 500, is thrown. */
async function isAccepted(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'NotAuthorizedException') return false
    throw error
  }
}

for (const engine of engines) {
  // The tests are the steps of one upgrade, in this order.
  describe(`An upgrade from the previous release, node by node, on ${engine.name}`, { skip: missingHistory() }, () => {
    let installation: Installation
    let previous: Node
    let current: Node
    let ids: Ids
    let signUps: SignUps
    let oldMigrations: readonly string[]

    before(async () => {
      installation = await createInstallation(engine, sms)
      previous = await installation.startPrevious()
      ids = await createPool(previous)
      signUps = new SignUps([previous], ids, sms)
      await signUps.more(5)
    })
    after(async () => {
      await signUps?.stop().catch(() => undefined)
      await installation?.close()
    })

    it('begins with the migrations, while a node of the previous release answers every request', async () => {
      const { url } = installation.database
      oldMigrations = await appliedMigrations(url)
      const { code, stderr } = await lifeguard(['db', 'migrate'], { LIFEGUARD_DATABASE: url })
      assert.deepEqual([code, stderr], [0, ''])
      await signUps.more(5)
    })

    it('starts a node of this release beside it, and every request is answered by either node', async () => {
      current = await installation.startThis()
      await signUps.useNodes([previous, current])
      await signUps.more(10)
      for (const { url } of [previous, current]) assert.equal((await fetch(`${url}/readyz`)).status, 200)
    })

    it('finishes on this release the sign-ins that began on the previous one', async () => {
      await givenUser(previous.sdk, ids.poolId, 'ana')
      const { AuthenticationResult } = await signInAcross(previous, current, ids, 'ana')
      assert.ok(AuthenticationResult?.AccessToken)
      assert.ok((await setNewPasswordAcross(previous, current, ids, 'bo')).AuthenticationResult?.AccessToken)
    })

    it('refuses cleanly on the previous release the sign-ins that began on this one, if it does not finish them', async (t) => {
      const bySrp = await isAccepted(signInAcross(current, previous, ids, 'ana'))
      const bySession = await isAccepted(setNewPasswordAcross(current, previous, ids, 'cem'))
      t.diagnostic(`The previous release finished sign-ins of this release: ${JSON.stringify({ bySrp, bySession })}`)
      await signInAcross(current, current, ids, 'ana')
      await signInAcross(previous, previous, ids, 'ana')
    })

    it('refreshes on each release the tokens of the other one', async () => {
      for (const [from, to] of [
        [previous, current],
        [current, previous],
      ] as const) {
        const { refreshToken, accessToken } = await givenTokens(from.sdk, ids.clientId, 'ana')
        assert.ok((await refresh(to, ids.clientId, refreshToken)).AuthenticationResult?.AccessToken)
        await to.sdk.send(new GetUserCommand({ AccessToken: accessToken }))
      }
    })

    it('applies on each release what an administrator changes on the other one', async () => {
      for (const [from, to, username] of [
        [previous, current, 'dana'],
        [current, previous, 'emil'],
      ] as const)
        await requireChangesSeen(from, to, await createPool(from), username)
    })

    it('accepts on the previous release an access key of this one', async () => {
      const credentials = await createAccessKey([], installation.env)
      const sdk = new CognitoIdentityProviderClient({ endpoint: previous.url, region, credentials, maxAttempts: 1 })
      assert.ok(await sdk.send(new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: 'ana' })))
      sdk.destroy()
    })

    it('shares leases between the releases, so that only one node sweeps', async () => {
      const storage = await openStorage({ url: installation.database.url })
      const path = pathToFileURL(join(installation.previousSource, 'storage', 'held-lease.ts')).href
      const old = (await import(path)) as typeof import('../../src/storage/held-lease.ts')
      const deps = { db: storage.db, clock: systemClock, ttlMs: 60_000 }
      const ofPrevious = old.createHeldLease({ name: 'upgrade', holder: 'previous' }, deps)
      const ofCurrent = createHeldLease({ name: 'upgrade', holder: 'current' }, deps)
      assert.deepEqual([await ofPrevious.renew(), await ofCurrent.renew()], [true, false])
      await ofPrevious.release()
      assert.deepEqual([await ofCurrent.renew(), await ofPrevious.renew()], [true, false])
      await storage.close()
    })

    it('stops the previous release by SIGTERM, and loses no user and doubles no message', async (t) => {
      await signUps.useNodes([current])
      const { code, stderr } = await previous.process.stop()
      assert.deepEqual([code, stderr], [0, ''])
      await signUps.more(5)
      await signUps.stop()
      t.diagnostic(`${signUps.users.length} users signed up`)
      for (const { username, phone, sub, refreshToken } of signUps.users) {
        const user = await current.sdk.send(new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: username }))
        const attributes = Object.fromEntries((user.UserAttributes ?? []).map(({ Name, Value }) => [Name, Value]))
        assert.deepEqual([user.UserStatus, attributes['sub'], attributes['phone_number']], ['CONFIRMED', sub, phone])
        assert.ok((await refresh(current, ids.clientId, refreshToken)).AuthenticationResult?.AccessToken)
        assert.equal(signUps.textsTo(phone).length, 1, username)
      }
    })

    it('has logged no error on either release', () => {
      for (const { process } of [previous, current]) {
        // Older releases wrote the level as a number.
        assert.match(process.stdout, /^\{"level":(?:30|"info"),/m)
        assert.deepEqual(process.stdout.match(/^\{"level":(?:[56]0|"(?:error|fatal)"),.*$/gm) ?? [], [])
      }
    })

    it('refuses to start the previous release again, if this release has changed the schema', async () => {
      const added = migrationNames.filter((name) => !oldMigrations.includes(name))
      const again = await installation.startPrevious().catch((error: Error) => error)
      if (added.length === 0) return assert.ok(!(again instanceof Error), String(again))
      assert.ok(again instanceof Error)
      assert.ok(
        again.message.includes(`lifeguard: --database: The database was migrated by a newer Lifeguard (${added.sort().join(', ')})`),
      )
    })
  })
}

/** Makes changes on `from`, and waits until `to` acts on them. */
async function requireChangesSeen(from: Node, to: Node, { poolId, clientId }: Ids, username: string): Promise<void> {
  const user = { UserPoolId: poolId, Username: username }
  await givenUser(from.sdk, poolId, username)
  const { refreshToken } = await givenTokens(to.sdk, clientId, username)

  await from.sdk.send(new AdminUserGlobalSignOutCommand(user))
  assert.equal(await isAccepted(refresh(to, clientId, refreshToken)), false)
  await from.sdk.send(new AdminSetUserPasswordCommand({ ...user, Password: otherPassword, Permanent: true }))
  assert.equal(await isAccepted(signInByPassword(to.sdk, clientId, username)), false)
  await givenTokens(to.sdk, clientId, username, otherPassword)
  await from.sdk.send(new AdminDisableUserCommand(user))
  assert.equal(await isAccepted(signInByPassword(to.sdk, clientId, username, otherPassword)), false)
  await from.sdk.send(new AdminEnableUserCommand(user))

  // A node keeps app clients in memory, until another node reports a change.
  const client = await from.sdk.send(
    new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: username, ExplicitAuthFlows: allFlows }),
  )
  const ClientId = client.UserPoolClient?.ClientId ?? ''
  await givenTokens(to.sdk, ClientId, username, otherPassword)
  await from.sdk.send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId }))
  await waitFor('the other node refuses the deleted app client', () =>
    signInByPassword(to.sdk, ClientId, username, otherPassword).then(
      () => undefined,
      ({ name }: Error) => name === 'ResourceNotFoundException' || undefined,
    ),
  )
}
