import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { useBrowser } from '../support/browser.ts'
import { givenDevice, givenDevicePool, poll } from '../support/device-grant.ts'
import { engines } from '../support/engines.ts'
import { claimsOf, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('The page of the device grant in a browser without JavaScript', () => {
    const server = useTestServer(engine)
    const browser = useBrowser()

    it('leads from the typed code over the sign-in to the decision, by keyboard', async () => {
      const { clientId } = await givenDevicePool(server(), { client: { ClientName: 'Television' } })
      const device = await givenDevice(server(), clientId, { scope: 'openid' })
      const context = await browser().newContext({ javaScriptEnabled: false })
      try {
        const page = await context.newPage()
        await page.goto(`${server().url}${device.page}`)
        await page.getByLabel('Code on the device').pressSequentially('wrong code')
        await page.keyboard.press('Enter')
        assert.match(await page.getByRole('alert').innerText(), /^This code is not valid or has expired/)
        await page.getByLabel('Code on the device').fill(device.userCode.toLowerCase())
        await page.keyboard.press('Enter')
        await page.getByLabel('Username').fill('ana')
        await page.getByLabel('Password').fill(goodPassword)
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'Allow Television on your device?' }).waitFor()
        assert.ok(await page.getByText(device.userCode).isVisible())
        assert.equal((await poll(server(), device)).body['error'], 'authorization_pending')
        await page.getByRole('button', { name: 'Allow', exact: true }).press('Enter')
        await page.getByRole('heading', { name: 'Your device is connected' }).waitFor()
        const { body } = await poll(server(), device)
        assert.equal(claimsOf(String(body['id_token']))['cognito:username'], 'ana')
      } finally {
        await context.close()
      }
    })

    it('asks for the decision also when a link brings the code, and can be denied by another user', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const context = await browser().newContext({ javaScriptEnabled: false })
      try {
        const page = await context.newPage()
        await page.goto(`${server().url}${device.completePage}`)
        assert.equal(await page.getByLabel('Code on the device').inputValue(), device.userCode)
        await page.getByRole('button', { name: 'Continue' }).click()
        await page.getByLabel('Username').fill('ana')
        await page.getByLabel('Password').fill(goodPassword)
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('link', { name: 'Not you?' }).click()
        await page.getByRole('button', { name: 'ana' }).click()
        await page.getByRole('button', { name: 'Deny' }).click()
        await page.getByRole('heading', { name: 'The device got no access' }).waitFor()
        assert.equal((await poll(server(), device)).body['error'], 'access_denied')
      } finally {
        await context.close()
      }
    })
  })
}
