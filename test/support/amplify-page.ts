import type * as auth from 'aws-amplify/auth'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import type { PoolAndClient } from './self-service.ts'
import type { TestServer } from './test-server.ts'

type Auth = typeof auth
type Call = { [Name in keyof Auth]: Auth[Name] extends (...input: never[]) => Promise<unknown> ? Name : never }[keyof Auth]

const entry = `
  import { Amplify } from 'aws-amplify'
  import * as auth from 'aws-amplify/auth'
  import { Hub } from 'aws-amplify/utils'
  Object.assign(globalThis, { Amplify, auth, Hub })
`

/** The script of an app that consists of Amplify only, bundled for browsers. */
export async function amplifyScript(): Promise<string> {
  const stdin = { contents: entry, resolveDir: import.meta.dirname }
  const { outputFiles } = await build({ stdin, bundle: true, platform: 'browser', format: 'iife', write: false, logLevel: 'error' })
  return outputFiles[0]?.text ?? ''
}

/** Configures the page's Amplify for the app client. */
export async function configureAmplify(page: Page, server: TestServer, { poolId, clientId }: PoolAndClient): Promise<void> {
  const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: server.url }
  await page.evaluate(`Amplify.configure(${JSON.stringify({ Auth: { Cognito } })})`)
}

/** Calls a function of `aws-amplify/auth` in the page. The result travels as JSON. */
export async function callAmplify<Name extends Call>(
  page: Page,
  name: Name,
  ...input: Parameters<Auth[Name]>
): Promise<Awaited<ReturnType<Auth[Name]>>> {
  const call = `auth.${name}(${input.map((one) => JSON.stringify(one)).join()})`
  const answer = await page.evaluate<string | undefined>(`${call}.then((answer) => JSON.stringify(answer))`)
  return answer && JSON.parse(answer)
}

/** A page that configures Amplify when it is loaded, as each page of an app does, and keeps what Amplify reports. */
export const amplifyPage = (config: object): string => `<!doctype html><title>An app</title><script src="/app.js"></script><script>
  globalThis.reports = []
  Hub.listen('auth', ({ payload }) => void reports.push(payload))
  Amplify.configure(${JSON.stringify(config)})
</script>`

/** Waits until Amplify reports the event. Returns the data of the report. */
export async function reported(page: Page, event: string): Promise<unknown> {
  const report = `globalThis.reports?.find(({ event }) => event === ${JSON.stringify(event)})`
  await page.waitForFunction(report)
  return page.evaluate(`(({ data }) => data?.error?.message ?? data)(${report})`)
}
