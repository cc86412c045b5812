import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { codeSentTo, messagesOf, signUp } from '../../support/self-service.ts'
import { givenTokens } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const byLink = {
  AutoVerifiedAttributes: ['email' as const],
  VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const },
}
const email = 'ana@example.test'

for (const engine of engines) {
  describe(`The link of a sign-up message on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function linkOf(poolId: string): Promise<string> {
      const [message] = await messagesOf(server(), poolId)
      const link = /href="([^"]+)"/.exec(message?.html ?? '')?.[1]
      assert.ok(link, 'the message has a link')
      return link.replaceAll('&amp;', '&')
    }

    it('confirms the user once', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: byLink })
      await signUp(server(), clientId, 'ana+b&c', { email })
      const link = await linkOf(poolId)
      assert.ok(link.startsWith(`${server().url}/confirmUser?`))

      const page = await fetch(link)
      assert.equal(page.status, 200)
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
      assert.match(await page.text(), /Your account is confirmed/)
      await givenTokens(server(), clientId, 'ana+b&c')

      const again = await fetch(link)
      assert.equal(again.status, 400)
      assert.match(await again.text(), /This link is not valid/)
    })

    it('does not confirm the user upon a HEAD request', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: byLink })
      await signUp(server(), clientId, 'ana', { email })
      const link = await linkOf(poolId)
      const head = await fetch(link, { method: 'HEAD' })
      assert.deepEqual([head.status, head.headers.get('content-type'), await head.text()], [200, 'text/html; charset=utf-8', ''])
      assert.equal((await fetch(`${server().url}/confirmUser?client_id=x`, { method: 'HEAD' })).status, 400)
      await assert.rejects(givenTokens(server(), clientId, 'ana'), { name: 'UserNotConfirmedException' })
      assert.equal((await fetch(link)).status, 200)
    })

    it('shows the same page for every invalid link, and repeats nothing of the link', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: byLink })
      await signUp(server(), clientId, 'ana', { email })
      const good = { client_id: clientId, user_name: 'ana', confirmation_code: await codeSentTo(server(), poolId, email) }
      const attack = '"><script>alert(1)</script>'
      const wrong: [string, string][][] = [
        [],
        Object.entries({ ...good, confirmation_code: attack }),
        Object.entries({ ...good, user_name: attack }),
        Object.entries({ ...good, user_name: 'nobody' }),
        Object.entries({ ...good, user_name: 'a\u0000b' }),
        Object.entries({ ...good, client_id: attack }),
        Object.entries({ ...good, client_id: 'unknown' }),
        Object.entries({ ...good, client_id: '' }),
        [...Object.entries(good), ['user_name', 'bob']],
        [...Object.entries(good), ['client_id', clientId]],
        Object.entries({ ...good, confirmation_code: '9'.repeat(3000) }),
      ]
      const bodies = new Set<string>()
      for (const query of wrong) {
        const page = await fetch(`${server().url}/confirmUser?${new URLSearchParams(query)}`)
        assert.equal(page.status, 400)
        bodies.add(await page.text())
      }
      assert.equal(bodies.size, 1)
      assert.doesNotMatch([...bodies][0] ?? '', /script|alert\(|ana/)
    })

    it('shows a page whose content security policy allows what this server serves only', async () => {
      const page = await fetch(`${server().url}/confirmUser`)
      const policy = page.headers.get('content-security-policy') ?? ''
      assert.match(
        policy,
        /^default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      )
      assert.match(await page.text(), /<html lang="en" [\s\S]*<main [^>]*>\s*<h1>/)
      assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
      assert.equal(page.headers.get('cache-control'), 'no-store')
    })

    it('is answered with status 429 after 15 attempts with a wrong code, the limit of ConfirmSignUp', async () => {
      const { clientId } = await server().givenPool({ pool: byLink })
      await signUp(server(), clientId, 'ana', { email })
      const guess = `${server().url}/confirmUser?${new URLSearchParams({ client_id: clientId, user_name: 'ana', confirmation_code: 'x' })}`
      const statuses: number[] = []
      for (let i = 0; i < 16; i++) statuses.push((await fetch(guess)).status)
      assert.deepEqual(statuses, [...Array(15).fill(400), 429])
    })
  })
}
