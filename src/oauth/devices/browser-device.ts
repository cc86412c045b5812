import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { SrpPowers } from '../../base/srp/powers.ts'
import type { RequestContext } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { Pool } from '../../pools/pool.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import type { PageVisitor } from '../../signin/hosted/hosted-sign-in.ts'
import type { Db } from '../../storage/db.ts'
import { recordDeviceUse, setDeviceRemembered } from '../../users/devices/device-repository.ts'
import { addKeptDevice, findProvenDevice, type KeptDevice } from '../../users/devices/kept-device.ts'
import type { User } from '../../users/user.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { leadsToPasskeys } from '../passkeys/then-passkeys.ts'
import { type DeviceCookie, readDeviceCookie, writeDeviceCookie } from './device-cookie.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly powers: Pick<SrpPowers, 'verifier'> }

/** The browser, with the devices that it keeps for users of the pool. */
export function visitorOf(
  { secrets, clock }: Pick<Deps, 'secrets' | 'clock'>,
  browser: BrowserRequest,
  { pool, client, ...request }: AppClientCaller & Partial<Pick<AuthorizationRequest, 'ownPage' | 'prompts'>>,
): PageVisitor {
  const { context, encodedData, workProof, deviceCookieOf } = browser
  const origin = { pool, client, username: undefined, now: clock.now() }
  const keptDevices = pool.devices && readDeviceCookie(secrets, pool.id, deviceCookieOf(pool.id))
  const needsAllFactors = asksForFreshProof(request) || leadsToPasskeys(browser)
  const userContext = contextFromClient(context, origin, { EncodedData: encodedData })
  // The browser itself asks for pages, whether or not the client has a secret.
  return { ...userContext, isServersIp: false, workProof, keptDevices, needsAllFactors }
}

/** The account page asks for a fresh sign-in before sensitive changes. */
export const asksForFreshProof = ({ ownPage, prompts }: Partial<Pick<AuthorizationRequest, 'ownPage' | 'prompts'>>): boolean =>
  ownPage === 'account' && prompts?.includes('login') === true

type SignedInUser = {
  readonly pool: Pool
  readonly user: User
  /** Whether the user has asked on the page to remember this browser. */
  readonly wantsDevice: boolean
  /** Whether the user can confirm devices. */
  readonly canConfirm: boolean
  /** Whether the user can decide which devices are remembered. */
  readonly canDecide: boolean
}

/** The device that a user has signed in on. `cookie` is what the browser keeps from now on. */
type DeviceOfSignIn = { readonly key: string | undefined; readonly cookie: DeviceCookie | undefined }

/**
 * The browser's device after a sign-in, in pools that track devices. A new device is confirmed, as ConfirmDevice does it, and remembered.
 * Where the pool lets its users decide that, this happens only if the user can decide it, and asked for it.
 */
export async function deviceAfterSignIn(
  deps: Deps,
  { context, deviceCookieOf }: BrowserRequest,
  { pool, user, wantsDevice, canConfirm, canDecide }: SignedInUser,
): Promise<DeviceOfSignIn> {
  if (pool.devices === undefined) return { key: undefined, cookie: undefined }
  const kept = readDeviceCookie(deps.secrets, pool.id, deviceCookieOf(pool.id))
  const isAskedFor = wantsDevice && canConfirm && canDecide
  const isRemembering = pool.devices.onlyRememberedOnUserPrompt ? isAskedFor : canConfirm
  const before = kept.find(({ sub }) => sub === user.sub)
  const used = before && (await useDevice(deps, user, { kept: before, context, isAskedFor }))
  const device = used ?? (isRemembering ? await addKeptDevice(deps, user, context) : undefined)
  if (device === undefined && before === undefined) return { key: undefined, cookie: undefined }
  const others = kept.filter(({ sub }) => sub !== user.sub)
  return { key: device?.key, cookie: writeDeviceCookie(deps.secrets, pool.id, device === undefined ? others : [device, ...others]) }
}

type Use = { readonly kept: KeptDevice; readonly context: RequestContext; readonly isAskedFor: boolean }

/** Records the sign-in on a device that the user has. Undefined when the user has forgotten the device. */
async function useDevice(deps: Deps, user: User, { kept, context, isAskedFor }: Use): Promise<KeptDevice | undefined> {
  const device = await findProvenDevice(deps, user, kept)
  if (device === undefined) return undefined
  const now = deps.clock.now()
  if (isAskedFor && !device.remembered) await setDeviceRemembered(deps.db, device, { remembered: true, now })
  await recordDeviceUse(deps.db, device, { ip: context.ip ?? null, now })
  return kept
}
