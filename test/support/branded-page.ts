import type { Page } from 'playwright-core'

/** The computed value of a property of the first element that matches. */
export const computed = (page: Page, element: string, property: string): Promise<string> =>
  page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(element)})).getPropertyValue('${property}')`)

/** Submits the sign-in page with a wrong password, so that it shows an alert. */
export async function submitWrong(page: Page): Promise<void> {
  await page.getByLabel('Username').fill('ana')
  await page.getByLabel('Password').fill('Wrong-horse-7')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').waitFor()
}
