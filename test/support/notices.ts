import {
  type AccountTakeoverActionType,
  type NotifyConfigurationType,
  SetRiskConfigurationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { noteSecrets } from './evidence.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { givenOAuthPool, type Reply } from './oauth.ts'
import { attributeList, messagesOf, type Values } from './self-service.ts'
import { givenTokens, givenUser } from './sign-in.ts'
import { formActionIn, hiddenFieldsIn, type TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const enforced = { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' as const } }

/** Every sign-in of a user who has signed in before is risky. */
const Thresholds = { Low: -1000, Medium: 900, High: 1000 }

export const setThreatProtection = (server: TestServer, poolId: string, settings: object) =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, ThreatProtection: settings })

export const setTakeover = (
  server: TestServer,
  poolId: string,
  response: Partial<AccountTakeoverActionType>,
  NotifyConfiguration?: NotifyConfigurationType,
) => {
  const LowAction: AccountTakeoverActionType = { Notify: true, EventAction: 'NO_ACTION', ...response }
  const AccountTakeoverRiskConfiguration = { Actions: { LowAction }, ...(NotifyConfiguration && { NotifyConfiguration }) }
  return server.send(new SetRiskConfigurationCommand({ UserPoolId: poolId, AccountTakeoverRiskConfiguration }))
}

export const anaEmail = 'ana@example.test'

type RiskyPool = TestPoolOptions & {
  readonly settings?: object
  readonly action?: AccountTakeoverActionType['EventAction']
  readonly notices?: NotifyConfigurationType
  readonly attributes?: Values
}

/** A pool with notices, and `ana`, who has signed in before: her next sign-in is risky. */
export async function givenRiskyPool(
  server: TestServer,
  { pool, client, settings, action = 'NO_ACTION', notices, attributes = { email: anaEmail, email_verified: 'true' } }: RiskyPool = {},
) {
  const flows = ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_USER_SRP_AUTH' as const]
  const given = await givenOAuthPool(server, { pool: { ...enforced, ...pool }, client: { ExplicitAuthFlows: flows, ...client } })
  await setThreatProtection(server, given.poolId, { Thresholds, ...settings })
  const { sub } = await givenUser(server, given.poolId, 'ana', { attributes: attributeList(attributes) })
  await givenTokens(server, given.clientId, 'ana')
  await setTakeover(server, given.poolId, { EventAction: action }, notices)
  return { ...given, sub }
}

/** The newest notice to the address, with the paths and queries of its links, by the path. */
export async function noticeTo(server: TestServer, poolId: string, recipient = anaEmail) {
  const notices = (await messagesOf(server, poolId)).filter((one) => one.trigger.endsWith('notice') && one.recipient === recipient)
  const notice = notices.at(-1)
  if (notice === undefined) throw new Error(`No notice was sent to ${recipient}.`)
  return { ...notice, links: linksIn(notice.html ?? '') }
}

export function linksIn(html: string): string[] {
  return [...html.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => {
    const { pathname, search, searchParams } = new URL(href.replaceAll('&amp;', '&'))
    noteSecrets({ token: searchParams.get('token') })
    return pathname + search
  })
}

/** Presses a button of the page's form. */
export const press = (browser: TestBrowser, page: Reply, value?: 'valid' | 'invalid') =>
  browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...(value && { value }) })
