import { VerifyUserAttributeCommand } from '@aws-sdk/client-cognito-identity-provider'
import { anaEmail, enforced, noticeTo, press, setThreatProtection } from './notices.ts'
import { givenOAuthPool } from './oauth.ts'
import { attributeList, codeSentTo, update, type Values } from './self-service.ts'
import { givenTokens, givenUser } from './sign-in.ts'
import { TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

/** The address of an attacker. */
export const eve = 'eve@evil.test'

/** The user `ana`, who is told about changes of the address, and her tokens. */
export async function givenUndoUser(
  server: TestServer,
  { pool, client }: TestPoolOptions = {},
  settings: object = {},
  attributes: Values = {},
) {
  const given = await givenOAuthPool(server, {
    pool: { ...enforced, AliasAttributes: ['email'], AutoVerifiedAttributes: ['email'], ...pool },
    client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'], ...client },
  })
  await setThreatProtection(server, given.poolId, { AccountNotices: ['EMAIL'], ...settings })
  const known = attributeList({ email: anaEmail, email_verified: 'true', ...attributes })
  await givenUser(server, given.poolId, 'ana', { attributes: known })
  return { ...given, ...(await givenTokens(server, given.clientId, 'ana')) }
}

/** The holder of the token changes the address and verifies the new one. */
export async function takeAddress(server: TestServer, poolId: string, AccessToken: string, email: string) {
  await update(server, AccessToken, { email })
  const Code = await codeSentTo(server, poolId, email)
  await server.send(new VerifyUserAttributeCommand({ AccessToken, AttributeName: 'email', Code }))
}

/** The link in the newest notice to the recipient. */
export const undoLinkTo = async (server: TestServer, poolId: string, recipient = anaEmail) =>
  (await noticeTo(server, poolId, recipient)).links[0] ?? ''

export async function openLink(server: TestServer, link: string, browser = new TestBrowser(server)) {
  return { browser, page: await browser.visit(link) }
}

/** Opens the link and presses the button, if there is one. */
export async function undo(server: TestServer, link: string) {
  const { browser, page } = await openLink(server, link)
  return page.status === 200 ? press(browser, page) : page
}
