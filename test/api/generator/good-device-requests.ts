import type { OperationName } from '../../../src/contract/operation.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { type Maker, made } from './maker.ts'
import type { App, World } from './world.ts'

const apps = new WeakMap<World, Promise<App>>()

/** A pool of its own: where devices are kept track of, every sign-in answers with one. */
function deviceApp(world: World): Promise<App> {
  const devices = { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: true }
  const app = apps.get(world) ?? world.server.givenPool({ pool: { DeviceConfiguration: devices } })
  apps.set(world, app)
  return app
}

/** What is known to somebody who has just signed in on a new device. */
async function newDevice(world: World) {
  const { server, freshName } = world
  const { poolId, clientId } = await deviceApp(world)
  const name = freshName()
  await givenUser(server, poolId, name)
  const { AuthenticationResult: tokens } = await signInByPassword(server, clientId, name)
  const own = { AccessToken: tokens?.AccessToken, DeviceKey: tokens?.NewDeviceMetadata?.DeviceKey }
  return { own, admin: { UserPoolId: poolId, Username: name, DeviceKey: own.DeviceKey } }
}

async function confirmedDevice(world: World) {
  const device = await newDevice(world)
  await made(world, 'ConfirmDevice', device.own)
  return device
}

const ownDevice: Maker = async (world) => (await confirmedDevice(world)).own
const usersDevice: Maker = async (world) => (await confirmedDevice(world)).admin
const remembered = { DeviceRememberedStatus: 'remembered' }

/** Operations about devices. */
export const deviceMakers: Partial<Record<OperationName, Maker>> = {
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
