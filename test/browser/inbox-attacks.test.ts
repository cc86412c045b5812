import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { adminCreate } from '../support/administration.ts'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { phone, withInboxPage } from '../support/inbox-page.ts'
import { useTestServer } from '../support/test-server.ts'

/** The requests that browsers sent to `attacker`, the server of an attacker. */
const requests: string[] = []
const attackerPage = `<script>document.title = 'opener ' + window.opener + ', referrer ' + (document.referrer || 'none')</script>`
const attacker = createServer((request, response) => {
  requests.push(`${request.headers.referer ?? 'no referer'} ${request.url}`)
  const isPage = request.url?.startsWith('/link')
  response.writeHead(200, { 'content-type': isPage ? 'text/html' : 'image/svg+xml' })
  response.end(isPage ? attackerPage : '<svg xmlns="http://www.w3.org/2000/svg"/>')
}).listen(0, '127.0.0.1')
await once(attacker, 'listening')
const attackerUrl = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}`
after(() => attacker.close())

const username = `<img/src=x/onerror=document.title='gone'>"'Z\u0351\u034b\u0352`
const emailSubject = `</bdi></h2><script>document.title='gone'</script>"'`
const emailMessage = `<style>html,body,*{position:fixed!important;inset:0;z-index:2147483647;background:red}@import url(${attackerUrl}/import)</style>
</article></main><script>top.document.title='gone'</script><img src=${attackerUrl}/image onerror="top.document.title='gone'">
<iframe src="${attackerUrl}/frame"></iframe><object data="${attackerUrl}/object"></object><link rel=stylesheet href="${attackerUrl}/style">
<link rel=preconnect href="${attackerUrl}"><LINK/rel=preconnect href="${attackerUrl}/"><link
rel=preconnect href="${attackerUrl}/?"><link<link rel=preconnect href="${attackerUrl}/?a">
<div style="background:url(${attackerUrl}/background)"></div><meta http-equiv=refresh content="0;url=${attackerUrl}/refresh">
<form id=f action="/inbox/clear" method=post target=_top><button id=send>Send</button></form>
<a href="javascript:top.document.title='gone'">one</a><a href="data:text/html,x">two</a><a href="/inbox/clear">three</a>
<a target=named href="${attackerUrl}/link?a=1&amp;b=2">four</a> {username} {####}`

const expectedErrors = /Blocked script execution|violates the following Content Security Policy|Blocked form submission|sandboxed/

for (const engine of engines.slice(0, 1)) {
  describe('a hostile message in the inbox', () => {
    const server = useTestServer(engine, { flags: ['--log-level', 'silent'] })
    const browser = useBrowser()

    async function withHostileMessage(work: (page: Page, id: string) => Promise<void>, options: object = {}): Promise<void> {
      const InviteMessageTemplate = { EmailSubject: emailSubject, EmailMessage: emailMessage }
      const { poolId } = await server().givenPool({ pool: { AdminCreateUserConfig: { InviteMessageTemplate } } })
      await adminCreate(server(), poolId, username, { attributes: { email: 'eve@example.test' }, DesiredDeliveryMediums: ['EMAIL'] })
      const [message] = await server().inbox('eve@example.test')
      requests.length = 0
      const id = message?.id ?? assert.fail()
      const inbox = (page: Page) => work(page, id)
      await withInboxPage(browser(), server(), `/inbox?userPoolId=${poolId}&message=${id}`, inbox, { expectedErrors, ...options })
    }

    const shown = (page: Page) => page.frameLocator('iframe').locator('#send').waitFor({ state: 'attached' })

    it('shows its texts as text', async () => {
      await withHostileMessage(async (page) => {
        await shown(page)
        assert.equal(await page.getByRole('heading', { level: 2 }).innerText(), emailSubject)
        assert.equal(await page.locator('#detail dd').nth(1).innerText(), username)
        assert.equal(await page.locator('main img, main script, main style, main form').count(), 0)
        assert.equal(await page.title(), 'Inbox · Lifeguard')
      })
    })

    it('runs no script, sends no form and loads nothing from other servers', async () => {
      await withHostileMessage(async (page) => {
        await shown(page)
        const frame = page.frames()[1] ?? assert.fail()
        await frame.locator('#send').dispatchEvent('click')
        await frame.locator('a', { hasText: 'one' }).dispatchEvent('click')
        // Waits until the page has refreshed once more. By then, anything that the clicks began would have happened.
        await page.waitForResponse((response) => response.status() === 304)
        assert.equal(await page.title(), 'Inbox · Lifeguard')
        assert.match(page.url(), /\/inbox\?/)
        assert.deepEqual(requests, [])
        assert.equal((await server().inbox('eve@example.test')).length > 0, true)
        assert.equal(await frame.evaluate('self.origin'), 'null')
      })
    })

    // A preconnect needs no permission of the Content Security Policy. This browser ignores it, so no test sees a connection.
    it('has no element by which a browser connects to other servers before it requests anything', async () => {
      await withHostileMessage(async (page) => {
        await shown(page)
        assert.equal(await page.frameLocator('iframe').locator('link').count(), 0)
        assert.equal(await page.frameLocator('iframe').locator('a', { hasText: 'four' }).count(), 1)
      })
    })

    it('loads images when the developer asks for them, and then still runs no script', async () => {
      await withHostileMessage(async (page) => {
        await shown(page)
        const images = ['/image', '/background'].map((path) => page.waitForResponse(attackerUrl + path))
        await page.getByRole('link', { name: 'Load images' }).click()
        await Promise.all(images)
        assert.deepEqual([...new Set(requests)].toSorted(), ['no referer /background', 'no referer /image'])
        assert.equal(await page.title(), 'Inbox · Lifeguard')
      })
    })

    it('covers nothing but its own frame', async () => {
      for (const options of [{}, phone]) {
        await withHostileMessage(async (page) => {
          await shown(page)
          const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
          assert.equal(overflow, 0)
          for (const name of ['Empty the inbox', 'Cancel']) await page.getByRole('button', { name }).click()
        }, options)
      }
    })

    it('offers only links to web pages, says where they lead, and gives the opened page no reference to the inbox', async () => {
      await withHostileMessage(async (page) => {
        await shown(page)
        const host = new URL(attackerUrl).host
        const links = page.getByRole('list', { name: 'Links in the message' }).getByRole('link')
        assert.deepEqual(await links.allInnerTexts(), [`Open ${host}/link`])
        assert.equal(await links.getAttribute('rel'), 'noopener noreferrer')
        assert.equal(await links.getAttribute('href'), `${attackerUrl}/link?a=1&b=2`)
        const frame = page.frames()[1] ?? assert.fail()
        for (const open of [() => links.click(), () => frame.locator('a', { hasText: 'four' }).dispatchEvent('click')]) {
          const [popup] = await Promise.all([page.context().waitForEvent('page'), open()])
          await popup.waitForLoadState()
          assert.equal(await popup.title(), 'opener null, referrer none')
        }
      })
    })

    it('is a page of no origin when it is opened by itself', async () => {
      await withHostileMessage(async (page, id) => {
        await page.goto(`/inbox/messages/${id}`)
        assert.equal(await page.title(), emailSubject)
        assert.deepEqual(requests, [])
      })
    })
  })
}
