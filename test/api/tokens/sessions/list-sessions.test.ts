import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminInitiateAuthCommand,
  AdminListUserSessionsCommand,
  AdminUserGlobalSignOutCommand,
  ListUserSessionsCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { rawCall } from '../../../support/raw-call.ts'
import { givenTokens, givenUser, goodPassword, secretHash } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { exchange, refresh, revoked, useAccessToken } from '../../../support/tokens.ts'
import { givenOtherClient, givenTrackingPool, idsOf, listAsAdmin, listOwn, signIn, signInFrom, track } from './session-calls.ts'

const hour = 3_600_000
const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0' }
const chrome = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36' }

for (const engine of engines) {
  describe(`the list of a user’s sessions on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--trust-proxy', '1'] })

    it('shows id, type, client, times, device, address and location of a session, and nothing else', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const before = server().clock.now()
      const { accessToken } = await signInFrom(server(), clientId, { ...firefox, 'x-forwarded-for': '203.0.113.66, 198.51.100.7' })
      const [session, ...others] = await listOwn(server(), accessToken)
      assert.deepEqual(others, [])
      const { SessionId, CreateDate: created, LastActiveDate: active, ...rest } = session ?? {}
      assert.match(SessionId ?? '', /^tkn[0-9a-z]{25}$/)
      assert.ok(Math.abs((created?.getTime() ?? 0) - before) < 60_000)
      assert.deepEqual(active, created)
      assert.deepEqual(rest, {
        SessionType: 'TOKEN',
        ClientId: clientId,
        DeviceType: 'Firefox 126 / Linux',
        LastIPAddress: '198.51.100.7',
        LastLocation: { Country: 'unknown' },
        IsCurrentSession: true,
      })
      assert.deepEqual(await listAsAdmin(server(), poolId), [{ ...session, IsCurrentSession: false }])
      const raw = await rawCall(server(), 'ListUserSessions', { AccessToken: accessToken })
      assert.deepEqual(Object.keys(raw.body), ['Sessions'])
    })

    it('has one session for each sign-in at any client, begins with the session used last, and marks the current session', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const other = await givenOtherClient(server(), poolId)
      const first = await signIn(server(), clientId)
      server().clock.advance(1000)
      const second = await signIn(server(), other)
      server().clock.advance(1000)
      await signIn(server(), clientId, 'ben')
      const sessions = await listOwn(server(), first.accessToken)
      assert.deepEqual(
        sessions.map(({ SessionId, ClientId, IsCurrentSession }) => [SessionId, ClientId, IsCurrentSession]),
        [
          [second.id, other, false],
          [first.id, clientId, true],
        ],
      )
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), idsOf(sessions))
      server().clock.advance(1000)
      await refresh(server(), clientId, first.refreshToken)
      assert.deepEqual(idsOf(await listOwn(server(), second.accessToken)), [first.id, second.id])
    })

    it('shows the time, address and device of the last refresh', async () => {
      const { clientId } = await givenTrackingPool(server())
      const { accessToken, refreshToken } = await signInFrom(server(), clientId, { ...firefox, 'x-forwarded-for': '198.51.100.7' })
      const [before] = await listOwn(server(), accessToken)
      server().clock.advance(90_000)
      await useAccessToken(server(), accessToken)
      assert.deepEqual(await listOwn(server(), accessToken), [before])
      const request = { ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: refreshToken } }
      await rawCall(server(), 'InitiateAuth', request, { ...chrome, 'x-forwarded-for': '2001:db8::7' })
      const [after] = await listOwn(server(), accessToken)
      const { LastActiveDate: active, ...rest } = after ?? {}
      assert.ok((active?.getTime() ?? 0) >= (before?.LastActiveDate?.getTime() ?? 0) + 90_000)
      const { LastActiveDate: _earlier, ...same } = before ?? {}
      assert.deepEqual(rest, { ...same, DeviceType: 'Chrome 125 / Windows', LastIPAddress: '2001:db8::7' })
    })

    it('shows the time, address and device of the last rotation', async () => {
      const rotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } as const
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const], RefreshTokenRotation: rotation }
      const { clientId } = await givenTrackingPool(server(), { client })
      const { accessToken, refreshToken } = await signInFrom(server(), clientId, { ...firefox, 'x-forwarded-for': '198.51.100.7' })
      const [before] = await listOwn(server(), accessToken)
      server().clock.advance(90_000)
      const request = { ClientId: clientId, RefreshToken: refreshToken }
      await rawCall(server(), 'GetTokensFromRefreshToken', request, { ...chrome, 'x-forwarded-for': '198.51.100.8' })
      const [after, ...others] = await listOwn(server(), accessToken)
      assert.deepEqual(others, [])
      assert.equal(after?.SessionId, before?.SessionId)
      assert.deepEqual([after?.DeviceType, after?.LastIPAddress], ['Chrome 125 / Windows', '198.51.100.8'])
      assert.ok((after?.LastActiveDate?.getTime() ?? 0) >= (before?.LastActiveDate?.getTime() ?? 0) + 90_000)
    })

    it('shows the user’s address and device from ContextData, not those of the calling server', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const request = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters } as const
      const place = { ServerName: 'shop.test', ServerPath: '/login', IpAddress: '192.0.2.44' }
      const HttpHeaders = [{ headerName: 'User-Agent', headerValue: chrome['user-agent'] }]
      const shown = async () => (await listAsAdmin(server(), poolId)).map((session) => [session.DeviceType, session.LastIPAddress])
      await server().send(new AdminInitiateAuthCommand({ ...request, ContextData: { ...place, HttpHeaders } }))
      assert.deepEqual(await shown(), [['Chrome 125 / Windows', '192.0.2.44']])
      server().clock.advance(1000)
      await server().send(new AdminInitiateAuthCommand({ ...request, ContextData: { ...place, HttpHeaders: [], IpAddress: 'forged' } }))
      assert.deepEqual((await shown())[0], ['unknown', undefined])
    })

    it('shows the address in UserContextData only if the client has EnablePropagateAdditionalUserContextData', async () => {
      for (const propagate of [true, false]) {
        const client = { GenerateSecret: true, EnablePropagateAdditionalUserContextData: propagate }
        const { poolId, clientId, clientSecret = '' } = await givenTrackingPool(server(), { client })
        const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword, SECRET_HASH: secretHash(clientSecret, 'ana', clientId) }
        const UserContextData = { IpAddress: '192.0.2.44', EncodedData: 'x' }
        const request = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters, UserContextData }
        await rawCall(server(), 'InitiateAuth', request, { 'x-forwarded-for': '198.51.100.7' })
        assert.equal((await listAsAdmin(server(), poolId))[0]?.LastIPAddress, propagate ? '192.0.2.44' : '198.51.100.7')
      }
    })

    it('leaves out sessions that expired, were revoked, or were ended by a sign-out or by disabling the user', async () => {
      const client = { RefreshTokenValidity: 60, TokenValidityUnits: { RefreshToken: 'minutes' as const } }
      const { poolId, clientId } = await givenTrackingPool(server(), { client })
      await signIn(server(), clientId)
      server().clock.advance(hour)
      const second = await signIn(server(), clientId)
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), [second.id])
      await server().send(new RevokeTokenCommand({ ClientId: clientId, Token: second.refreshToken, RevokeAssociatedSessions: 'LINKED' }))
      assert.deepEqual(await listAsAdmin(server(), poolId), [])
      await assert.rejects(listOwn(server(), second.accessToken), revoked)

      await signIn(server(), clientId)
      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(await listAsAdmin(server(), poolId), [])
      await signIn(server(), clientId)
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await server().send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(await listAsAdmin(server(), poolId), [])
    })

    it('is empty without session tracking, and leaves out sessions that began without it', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const untracked = await givenTokens(server(), clientId, 'ana')
      assert.deepEqual(await listOwn(server(), untracked.accessToken), [])
      await track(server(), poolId)
      assert.deepEqual(await listOwn(server(), untracked.accessToken), [])
      const tracked = await signIn(server(), clientId)
      await refresh(server(), clientId, untracked.refreshToken)
      await exchange(server(), { ClientId: clientId, RefreshToken: untracked.refreshToken })
      assert.deepEqual(idsOf(await listOwn(server(), untracked.accessToken)), [tracked.id])

      await track(server(), poolId, 'DISABLED')
      assert.deepEqual(await listOwn(server(), tracked.accessToken), [])
      await givenTokens(server(), clientId, 'ana')
      await track(server(), poolId)
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), [tracked.id])
    })

    it('leaves out sessions of another pool', async () => {
      const [mine, theirs] = [await givenTrackingPool(server()), await givenTrackingPool(server())]
      await signIn(server(), mine.clientId)
      assert.deepEqual(await listAsAdmin(server(), theirs.poolId), [])
    })

    it('comes without a NextToken, and a request with a NextToken is rejected', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const { accessToken } = await signIn(server(), clientId)
      const { NextToken } = await server().send(new ListUserSessionsCommand({ AccessToken: accessToken }))
      assert.equal(NextToken, undefined)
      const refused = { name: 'InvalidParameterException' }
      await assert.rejects(server().send(new ListUserSessionsCommand({ AccessToken: accessToken, NextToken: 'x' })), refused)
      const request = { UserPoolId: poolId, Username: 'ana', NextToken: 'x' }
      await assert.rejects(server().send(new AdminListUserSessionsCommand(request)), refused)
    })

    it('is refused for an unknown user or pool, and to an ID token or a refresh token in place of an access token', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      await assert.rejects(listAsAdmin(server(), poolId, 'nobody'), { name: 'UserNotFoundException', message: 'User does not exist.' })
      await assert.rejects(listAsAdmin(server(), 'us-east-1_nowhere'), { name: 'ResourceNotFoundException' })
      const { idToken, refreshToken } = await signIn(server(), clientId)
      await assert.rejects(listOwn(server(), idToken), { name: 'NotAuthorizedException' })
      await assert.rejects(listOwn(server(), refreshToken.replace('lgr_', '')), { name: 'NotAuthorizedException' })
    })
  })

  describe(`the addresses of sessions without a trusted proxy on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are those of the connections, and X-Forwarded-For is ignored', async () => {
      const { clientId } = await givenTrackingPool(server())
      const { accessToken } = await signInFrom(server(), clientId, { 'x-forwarded-for': '198.51.100.7' })
      const [session] = await listOwn(server(), accessToken)
      assert.match(session?.LastIPAddress ?? '', /^(127\.0\.0\.1|::1)$/)
    })
  })
}
