import assert from 'node:assert/strict'
import { callLifeguard } from './lifeguard-operations.ts'
import { post, type Reply, requestToken } from './oauth.ts'
import { givenStrictPool } from './strict.ts'
import { formActionIn, hiddenFieldsIn, locationOf, type TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

type Server = Pick<TestServer, 'url'>
type Form = Readonly<Record<string, string | undefined>>
type Headers = Readonly<Record<string, string>>

export const deviceGrantType = 'urn:ietf:params:oauth:grant-type:device_code'

export const setDeviceGrant = (server: Server, poolId: string, clientId: string, isEnabled = true) =>
  callLifeguard(server, 'SetUserPoolClientExtensions', { UserPoolId: poolId, ClientId: clientId, DeviceGrant: { Enabled: isEnabled } })

/** A pool of manner strict with the user ana and a client that may use the device grant. */
export async function givenDevicePool(server: TestServer, options: TestPoolOptions = {}) {
  const given = await givenStrictPool(server, options)
  await setDeviceGrant(server, given.poolId, given.clientId)
  return given
}

export const requestDevice = (server: Server, form: Form, headers: Headers = {}) =>
  post(server, '/oauth2/device_authorization', form, headers)

/** What a device shows, and with what it polls. */
export type AskingDevice = {
  readonly clientId: string
  readonly deviceCode: string
  readonly userCode: string
  readonly page: string
  readonly completePage: string
}

/** A device of a public client that waits for a user. The addresses are without the host. */
export async function givenDevice(server: Server, clientId: string, form: Form = {}, headers: Headers = {}): Promise<AskingDevice> {
  const { status, body } = await requestDevice(server, { client_id: clientId, ...form }, headers)
  assert.equal(status, 200, JSON.stringify(body))
  const pathOf = (name: string) => {
    const { pathname, search } = new URL(String(body[name]))
    return pathname + search
  }
  return {
    clientId,
    deviceCode: String(body['device_code']),
    userCode: String(body['user_code']),
    page: pathOf('verification_uri'),
    completePage: pathOf('verification_uri_complete'),
  }
}

export const poll = (server: Server, { clientId, deviceCode }: AskingDevice, headers: Headers = {}) =>
  requestToken(server, { grant_type: deviceGrantType, client_id: clientId, device_code: deviceCode }, headers)

/** Types a user code on the page at `page`. */
export async function typeUserCode(browser: TestBrowser, page: string, userCode: string): Promise<Reply> {
  const form = await browser.visit(page)
  assert.equal(form.status, 200, form.headers.get('location') ?? form.text)
  return browser.submit(formActionIn(form), { ...hiddenFieldsIn(form), user_code: userCode })
}

/** Types the code of the device, signs in if needed, and returns the page that asks for the decision. */
export async function openDecision(browser: TestBrowser, { page, userCode }: AskingDevice, username = 'ana'): Promise<Reply> {
  const address = locationOf(await typeUserCode(browser, page, userCode))
  const opened = await browser.visit(address)
  if (opened.status === 200) return opened
  return browser.visit(locationOf(await browser.submitLogin(locationOf(opened), username)))
}

export const submitDecision = (browser: TestBrowser, decisionPage: Reply, decision: 'allow' | 'deny') =>
  browser.submit(formActionIn(decisionPage), { ...hiddenFieldsIn(decisionPage), decision })

/** A user does all that the device needs. */
export async function decideOn(browser: TestBrowser, device: AskingDevice, decision: 'allow' | 'deny', username = 'ana'): Promise<Reply> {
  return submitDecision(browser, await openDecision(browser, device, username), decision)
}

/** What the page says about a user code that is of no use. */
export const wrongUserCode = 'This code is not valid or has expired. Check it, or get a new code on your device.'
