import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { minuteMs } from '../../../src/base/durations.ts'
import { engines } from '../../support/engines.ts'
import { readMetrics } from '../../support/metrics.ts'
import { callback, codeClient, encode, givenClient, type Reply } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { attack, givenPagesPool, type Ids, namesOf, slowedOf } from '../../support/stuffing.ts'
import { csrfTokenIn, formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const attacker = '203.0.113.7'
const tooMany = 'Too many attempts. Please wait a while and try again.'
const proxied = { flags: ['--trust-proxy', '1'] }

const pathFor = ({ clientId }: Pick<Ids, 'clientId'>) =>
  `/login?${encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', state: 's' })}`

/** The answer to the task of a page, by an implementation that shares no code with the server. */
function solve({ text }: Reply): Record<string, string> {
  const [, seed = '', bits = ''] = /data-seed="([^"]+)" data-bits="(\d+)"/.exec(text) ?? []
  const zeros = '0'.repeat(Number(bits))
  for (let number = 0; number < 10_000_000; number++) {
    const hash = createHash('sha256').update(`${seed}:${number}`).digest()
    if (hash.readUInt32BE().toString(2).padStart(32, '0').startsWith(zeros)) return { work_solution: String(number) }
  }
  throw new Error('No solution was found.')
}

/** A pool with Ana, whose network is slowed down and may make no further attempts. */
async function givenSlowed(server: TestServer, failures = 16) {
  const ids = await givenPagesPool(server)
  await givenUser(server, ids.poolId, 'ana')
  await attack(server, ids, attacker, namesOf(failures))
  return ids
}

/** Sends the form of the page from an address. `fields` replace hidden fields of the page. */
async function signIn(browser: TestBrowser, ids: Pick<Ids, 'clientId'>, page: Reply, fields: Record<string, string>, ip = attacker) {
  const form = { ...hiddenFieldsIn(page), _csrf: csrfTokenIn(page), username: 'ana', password: goodPassword, ...fields }
  const reply = await browser.submit(pathFor(ids), form, { 'x-forwarded-for': ip })
  const location = reply.headers.get('location')
  return location === null ? alertIn(reply) : location.startsWith(`${callback}?code=`) ? 'signed-in' : location
}

for (const engine of engines) {
  describe(`The sign-in page in a slowed network on ${engine.name}`, () => {
    const server = useTestServer(engine, proxied)

    async function openLogin(ids: Pick<Ids, 'clientId'>, ip = attacker) {
      const browser = new TestBrowser(server())
      return { browser, page: await browser.visit(pathFor(ids), { 'x-forwarded-for': ip }) }
    }

    it('takes a solved task in place of an attempt, and once only', async () => {
      const ids = await givenSlowed(server())
      const { browser, page } = await openLogin(ids)
      const proof = solve(page)
      assert.equal(await signIn(browser, ids, page, { ...proof, password: 'Wrong-horse-7' }), 'Incorrect username or password.')
      assert.equal(await signIn(browser, ids, page, proof), tooMany)
      const next = await openLogin(ids)
      assert.equal(await signIn(next.browser, ids, next.page, solve(next.page)), 'signed-in')
    })

    it('takes a solved task once when it is sent several times at once', async () => {
      const ids = await givenSlowed(server())
      const { browser, page } = await openLogin(ids)
      const proof = { ...solve(page), password: 'Wrong-horse-7' }
      const answers = await Promise.all(namesOf(5).map((username) => signIn(browser, ids, page, { ...proof, username })))
      assert.deepEqual(answers.toSorted(), ['Incorrect username or password.', ...Array(4).fill(tooMany)])
    })

    it('gives the browser a task and says what to do without JavaScript, and gives none elsewhere', async () => {
      const ids = await givenSlowed(server())
      const { page } = await openLogin(ids)
      assert.match(page.text, /<noscript><p class="alert">Many sign-ins from your network have failed\. Turn on JavaScript/)
      assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/)
      const elsewhere = await openLogin(ids, '198.51.100.20')
      assert.ok(!elsewhere.page.text.includes('work_challenge') && !elsewhere.page.text.includes('noscript'))
      assert.equal(await signIn(elsewhere.browser, ids, elsewhere.page, {}, '198.51.100.20'), 'signed-in')
    })

    it('lets a browser without JavaScript make the few attempts of a minute', async () => {
      const ids = await givenSlowed(server(), 10)
      const { browser, page } = await openLogin(ids)
      assert.equal(await signIn(browser, ids, page, {}), 'signed-in')
      await attack(server(), ids, attacker, namesOf(6, 'more'))
      assert.equal(await signIn(browser, ids, page, { username: 'ben' }), tooMany)
      server().clock.advance(minuteMs)
      assert.equal(await signIn(browser, ids, page, {}), 'signed-in')
    })

    it('refuses a task that is forged, not solved, expired, or of another app client, pool or address', async () => {
      const ids = await givenSlowed(server())
      const { clientId } = await givenClient(server(), ids.poolId, { ...codeClient, ClientName: 'other' })
      const otherPool = await givenSlowed(server())
      const { browser, page } = await openLogin(ids)
      const { work_challenge: challenge = '' } = hiddenFieldsIn(page)
      const proof = solve(page)
      const forged = challenge.slice(0, -2) + (challenge.endsWith('AA') ? 'BB' : 'AA')
      const solution = proof['work_solution'] ?? ''
      for (const wrongSolution of [`${Number(solution) + 1}`, ` ${solution}`, '', '-1', '9'.repeat(5000), `${solution}:`]) {
        assert.equal(await signIn(browser, ids, page, { work_solution: wrongSolution }), tooMany, wrongSolution.slice(0, 20))
      }
      for (const wrongChallenge of [forged, '', 'x', challenge.repeat(100)]) {
        const stolen = { ...proof, work_challenge: wrongChallenge }
        assert.equal(await signIn(browser, ids, page, stolen), tooMany)
      }
      assert.equal(await signIn(browser, { clientId }, page, proof), tooMany)
      assert.equal(await signIn(browser, otherPool, page, proof), tooMany)
      await attack(server(), ids, '198.51.100.20', namesOf(16, 'third'))
      assert.equal(await signIn(browser, ids, page, proof, '198.51.100.20'), tooMany)
      // None of these has used the task up.
      assert.equal(await signIn(browser, ids, page, proof), 'signed-in')
    })

    it('refuses a task that is older than half an hour', async () => {
      const ids = await givenSlowed(server())
      const { browser, page } = await openLogin(ids)
      server().clock.advance(30 * minuteMs)
      await attack(server(), ids, attacker, namesOf(16, 'later'))
      assert.deepEqual(await slowedOf(server(), ids), [`${attacker}/32`])
      assert.equal(await signIn(browser, ids, page, solve(page)), tooMany)
    })

    it('and the page for the password have a task each, where the user gives the name first', async () => {
      const ids = await givenPagesPool(server(), { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH'] })
      const SignInPolicy = { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] }
      const UserPoolAddOns = { AdvancedSecurityMode: 'ENFORCED' as const }
      await server().send(new UpdateUserPoolCommand({ UserPoolId: ids.poolId, Policies: { SignInPolicy }, UserPoolAddOns }))
      await givenUser(server(), ids.poolId, 'ana')
      await attack(server(), ids, attacker, namesOf(16))
      const from = { 'x-forwarded-for': attacker }
      const { browser, page } = await openLogin(ids)
      const send = (shown: Reply, fields: Record<string, string>) =>
        browser.submit(formActionIn(shown), { ...hiddenFieldsIn(shown), ...fields }, from)
      assert.equal(alertIn(await send(page, { username: 'ana' })), tooMany)
      const next = await browser.visit(locationOf(await send(page, { username: 'ana', ...solve(page) })), from)
      assert.equal(titleIn(next), 'Enter your password')
      assert.equal(alertIn(await send(next, { password: goodPassword })), tooMany)
      assert.match(locationOf(await send(next, { password: goodPassword, ...solve(next) })), /\?code=/)
    })

    it('is in the metrics', async () => {
      const before = (await readMetrics(server().url)).valuesOf('lifeguard_work_proofs_total')
      const ids = await givenSlowed(server())
      const { browser, page } = await openLogin(ids)
      await signIn(browser, ids, page, { work_solution: '0' })
      await signIn(browser, ids, page, solve(page))
      const after = (await readMetrics(server().url)).valuesOf('lifeguard_work_proofs_total')
      const grown = Object.keys(after).map((label) => [label, (after[label] ?? 0) - (before[label] ?? 0)])
      assert.deepEqual(Object.fromEntries(grown), { 'outcome=asked': 2, 'outcome=refused': 1, 'outcome=solved': 1 })
    })
  })
}
