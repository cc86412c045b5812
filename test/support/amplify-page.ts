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
