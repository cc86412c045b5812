import { expect, test } from '@playwright/test'

const query = new URLSearchParams({
  client_id: 'shopclient',
  response_type: 'code',
  redirect_uri: 'http://localhost:3000/callback',
})

const lifeguard = process.env.COGNITO_URL ?? ''
/** The domain of the pool file, such as http://shop.auth.localhost:9911. */
const domain = lifeguard.replace('localhost', 'shop.auth.localhost')

test.beforeEach(async ({ request }) => {
  await request.post(`${lifeguard}/_test/reset`)
})

test('signs in the user of the pool file', async ({ page }) => {
  await page.goto(`${domain}/oauth2/authorize?${query}`)
  await page.getByLabel('Email').fill('ana@example.test')
  await page.getByLabel('Password').fill('Correct-horse-7')
  // No app runs here. Yours gets the code at this address.
  const callback = page.waitForRequest(/\/callback\?code=/)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await callback
})

test('signs a user up with the code that was sent', async ({ page, request }) => {
  await page.goto(`${domain}/signup?${query}`)
  await page.getByLabel('Email').fill('bo@example.test')
  await page.getByLabel('Password', { exact: true }).fill('Correct-horse-7')
  await page.getByLabel('Password again').fill('Correct-horse-7')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByLabel('Code')).toBeVisible()
  const inbox = await request.get(`${lifeguard}/inbox/api/messages?recipient=bo@example.test`)
  const [message] = await inbox.json()
  await page.getByLabel('Code').fill(message.code)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByRole('status')).toHaveText('Your account is confirmed')
})
