import type { OperationName } from '../../../src/contract/operation.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import type { App, World } from './world.ts'

const apps = new WeakMap<World, Promise<App>>()

/**
 * A pool for the requests about devices only. It tracks devices, so every sign-in returns a device key, which other requests do not use.
 */
function deviceApp(world: World): Promise<App> {
  const devices = { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: true }
  const app = apps.get(world) ?? world.server.givenPool({ pool: { DeviceConfiguration: devices } })
  apps.set(world, app)
  return app
}

/** Requests that name the unconfirmed device of a new user who has just signed in: `own` for the user, `admin` for administrators. */
async function newDevice(world: World) {
  const { server, newName } = world
  const { poolId, clientId } = await deviceApp(world)
  const name = newName()
  await givenUser(server, poolId, name)
  const { AuthenticationResult: tokens } = await signInByPassword(server, clientId, name)
  const own = { AccessToken: tokens?.AccessToken, DeviceKey: tokens?.NewDeviceMetadata?.DeviceKey }
  return { own, admin: { UserPoolId: poolId, Username: name, DeviceKey: own.DeviceKey } }
}

async function confirmedDevice(world: World) {
  const device = await newDevice(world)
  await mustSucceed(world, 'ConfirmDevice', device.own)
  return device
}

const ownDevice: RequestFactory = async (world) => (await confirmedDevice(world)).own
const usersDevice: RequestFactory = async (world) => (await confirmedDevice(world)).admin
const remembered = { DeviceRememberedStatus: 'remembered' }

/** For each operation on devices, a function that creates a request which succeeds. */
export const deviceRequests: Partial<Record<OperationName, RequestFactory>> = {
  AdminForgetDevice: usersDevice,
  AdminGetDevice: usersDevice,
  AdminListDevices: async (world) => {
    const { UserPoolId, Username } = (await confirmedDevice(world)).admin
    return { UserPoolId, Username }
  },
  AdminUpdateDeviceStatus: async (world) => ({ ...(await usersDevice(world)), ...remembered }),
  ConfirmDevice: async (world) => (await newDevice(world)).own,
  ForgetDevice: ownDevice,
  GetDevice: ownDevice,
  ListDevices: async (world) => ({ AccessToken: (await confirmedDevice(world)).own.AccessToken }),
  UpdateDeviceStatus: async (world) => ({ ...(await ownDevice(world)), ...remembered }),
}
