import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { SetRiskConfigurationCommand } from '@aws-sdk/client-cognito-identity-provider'
import { createLogger } from '../../../src/base/logger.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { readMetrics } from '../../support/metrics.ts'
import { sha1Of, useRangeService } from '../../support/range-service.ts'
import { recordSpans } from '../../support/recorded-spans.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { startTestServer, type TestServer, useTestServer } from '../../support/test-server.ts'

const stolen = 'Stolen-horse-7'
const padded = 'Padded-horse-7'
const unknown = 'Unknown-horse-7'
const resetRequired = { name: 'PasswordResetRequiredException' }
const notChecked = {
  name: 'TooManyRequestsException',
  message: 'The password could not be compared with the list of stolen passwords. Please try again.',
}
const lookups = async (server: TestServer) => (await readMetrics(server.url)).valuesOf('lifeguard_breached_password_lookups_total')

async function givenPool(server: TestServer, failure?: 'ALLOW' | 'REFUSE') {
  const ids = await server.givenPool({ pool: { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } } })
  const compromised = { Actions: { EventAction: 'BLOCK' as const } }
  await server.send(new SetRiskConfigurationCommand({ UserPoolId: ids.poolId, CompromisedCredentialsRiskConfiguration: compromised }))
  const extensions = { UserPoolId: ids.poolId, ThreatProtection: { BreachSourceFailure: failure } }
  if (failure !== undefined) await callLifeguard(server, 'SetUserPoolExtensions', extensions)
  return ids
}
async function signIn(server: TestServer, { poolId, clientId }: { poolId: string; clientId: string }, name: string, password: string) {
  await givenUser(server, poolId, name, { password })
  return signInByPassword(server, clientId, name, password)
}

const spans = recordSpans()

for (const engine of engines) {
  describe(`A range service of stolen passwords on ${engine.name}`, () => {
    const lines: string[] = []
    const service = useRangeService([stolen])
    const start = (more: readonly string[] = []) =>
      startTestServer(engine, {
        flags: ['--breached-passwords', [service.origin(), ...more].join(',')],
        logger: createLogger({ level: 'trace', format: 'json', write: (line) => lines.push(line) }),
      })

    it('gets the first five digits of the hash and asks for padding; its answer counts, padding does not', async () => {
      await using server = await start()
      const ids = await givenPool(server)
      service.behave('answer')
      await assert.rejects(signIn(server, ids, 'ana', stolen), resetRequired)
      await signIn(server, ids, 'ben', unknown)
      await signIn(server, ids, 'eve', padded)
      const asked = service.requests.slice(-3)
      assert.deepEqual(
        asked.map(({ path }) => path),
        [stolen, unknown, padded].map((password) => `/range/${sha1Of(password).slice(0, 5)}`),
      )
      assert.ok(asked.every(({ headers }) => headers['add-padding'] === 'true'))
      assert.deepEqual(await lookups(server), { 'source=range outcome=stolen': 1, 'source=range outcome=not-stolen': 2 })
      const before = service.requests.length
      await givenTokens(server, ids.clientId, 'ben', unknown)
      assert.equal(service.requests.length, before)
    })

    for (const [title, behaviour] of [
      ['hangs', 'hang'],
      ['answers with garbage', { body: '<html>Welcome</html>' }],
      ['answers with status 500', { status: 500 }],
      ['answers with status 404', { status: 404, body: 'not found' }],
      ['answers with 20 MB', { body: `${'0'.repeat(35)}:1\r\n`.repeat(512 * 1024) }],
    ] as const) {
      it(`that ${title} holds no sign-in up, and refuses it only where BreachSourceFailure is REFUSE`, async () => {
        await using server = await start()
        service.behave(behaviour)
        const [allowing, refusing] = [await givenPool(server), await givenPool(server, 'REFUSE')]
        assert.ok((await signIn(server, allowing, 'ana', stolen)).AuthenticationResult)
        await assert.rejects(signIn(server, refusing, 'ana', stolen), notChecked)
        service.behave('answer')
        await assert.rejects(signInByPassword(server, refusing.clientId, 'ana', stolen), resetRequired)
        assert.deepEqual(await lookups(server), { 'source=range outcome=failed': 2, 'source=range outcome=stolen': 1 })
      })
    }

    it('is left alone for half a minute after five failures', async () => {
      await using server = await start()
      const ids = await givenPool(server)
      service.behave({ status: 500 })
      await givenUser(server, ids.poolId, 'ana', { password: stolen })
      const before = service.requests.length
      for (let i = 0; i < 8; i++) await givenTokens(server, ids.clientId, 'ana', stolen)
      assert.equal(service.requests.length - before, 5)
      assert.deepEqual(await lookups(server), { 'source=range outcome=failed': 5, 'source=range outcome=paused': 3 })
      service.behave('answer')
      await givenTokens(server, ids.clientId, 'ana', stolen)
      server.clock.advance(31_000)
      await assert.rejects(signInByPassword(server, ids.clientId, 'ana', stolen), resetRequired)
    })

    it('is not asked for a password that the embedded list has', async () => {
      await using server = await start(['embedded'])
      const ids = await givenPool(server)
      service.behave('answer')
      const before = service.requests.length
      await assert.rejects(signIn(server, ids, 'ana', 'P@ssw0rd'), resetRequired)
      assert.equal(service.requests.length, before)
    })

    it('leaves no password, hash or beginning of a hash in the log and in spans', () => {
      const written = [...lines, ...spans.all().map(({ name, attributes, events }) => JSON.stringify({ name, attributes, events }))].join(
        '\n',
      )
      assert.match(written, /A source of stolen passwords does not answer/)
      for (const password of [stolen, unknown, padded]) {
        assert.ok(!written.includes(password))
        assert.ok(!written.includes(sha1Of(password).slice(5)))
        assert.ok(!written.includes(`range/${sha1Of(password).slice(0, 5)}`))
      }
    })
  })

  describe(`A file of stolen passwords in the settings on ${engine.name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'lifeguard-breached-'))
    after(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'hashes.txt')
    writeFileSync(
      file,
      `${[stolen, 'a', 'b']
        .map((password) => `${sha1Of(password)}:7`)
        .sort()
        .join('\r\n')}\r\n`,
    )
    const server = useTestServer(engine, { flags: ['--breached-passwords', file] })

    it('blocks its passwords and no others', async () => {
      const ids = await givenPool(server())
      await assert.rejects(signIn(server(), ids, 'ana', stolen), resetRequired)
      await signIn(server(), ids, 'ben', 'P@ssw0rd')
    })

    for (const [title, setting, message] of [
      [
        'a file that is truncated',
        () => join(folder, 'cut.txt'),
        /--breached-passwords: the file .* cannot be used: a line is not of the form SHA1:count/,
      ],
      ['a file that does not exist', () => join(folder, 'none.txt'), /cannot be opened \(ENOENT\)/],
      ['a service without encryption', () => 'http://pwned.example.test', /is not encrypted/],
      ['an empty source', () => 'embedded,', /a source is empty/],
    ] as const) {
      it(`stops the start with ${title}`, async () => {
        writeFileSync(join(folder, 'cut.txt'), `${sha1Of('a')}:7\n${sha1Of('b').slice(0, 20)}`)
        await assert.rejects(startTestServer(engine, { flags: ['--breached-passwords', setting()] }), { name: 'SettingsError', message })
      })
    }
  })
}
