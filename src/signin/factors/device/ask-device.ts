import { deviceNotFound } from '../../../users/devices/device.ts'
import { findDevice } from '../../../users/devices/device-repository.ts'
import type { RequiredStep } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep } from '../../later-step.ts'
import { hasSecondFactor } from '../../second-factors.ts'
import { sealState } from '../../sign-in-state.ts'
import { keepDeviceStep } from './device-step.ts'

/**
 * Where new devices are to be challenged, a remembered one proves itself (DEVICE_SRP_AUTH), and that stands for a second factor. A device
 * that is only tracked has nothing to prove. Throws ResourceNotFoundException for a device that the user does not have, or has forgotten:
 * clients drop the key then, and sign in anew.
 */
export const rememberedDevice: RequiredStep<LaterStepDeps> = {
  async ask({ db, secrets, clock }, signIn) {
    const { pool, user, deviceKey, proofs } = signIn
    if (!pool.devices?.challengeRequiredOnNewDevice || deviceKey === undefined || hasSecondFactor(proofs)) return undefined
    const device = await findDevice(db, { poolId: pool.id, sub: user.sub, key: deviceKey })
    if (device === undefined) throw deviceNotFound()
    if (!device.remembered || device.verifier === null) return undefined
    const step = newLaterStep(signIn, { challenge: 'DEVICE_SRP_AUTH', memory: deviceKey, now: clock.now() })
    return {
      name: 'DEVICE_SRP_AUTH',
      parameters: { USERNAME: user.username },
      session: sealState(secrets, step),
      async queue(tx) {
        await keepDeviceStep(tx, secrets, step, deviceKey)
        return undefined
      },
    }
  },
}
