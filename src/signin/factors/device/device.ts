import type { SrpPowers } from '../../../base/srp/powers.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { deviceGroupKeyOf, deviceNotFound, openDeviceVerifier } from '../../../users/devices/device.ts'
import { findDevice } from '../../../users/devices/device-repository.ts'
import type { PasswordVerifier } from '../../../users/passwords/passwords.ts'
import type { User } from '../../../users/user.ts'
import type { Factor, RequiredStep } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep, openLaterStep } from '../../later-step.ts'
import { requireParameter } from '../../parameters.ts'
import { sealState } from '../../sealed-state.ts'
import { hasSecondFactor } from '../../second-factors.ts'
import { withProof } from '../../sign-in.ts'
import { invalidSession, wrongPassword } from '../../sign-in-errors.ts'
import { isSrpProof, readSrpProof, requireClientPublic, startSrpExchange, toSecretBlock } from '../../srp-exchange.ts'
import { requireCurrentTimestamp } from '../../srp-timestamp.ts'
import { keepDeviceStep } from './device-step.ts'

/**
 * DEVICE_SRP_AUTH: in pools that challenge new devices, a remembered device proves itself and replaces the second factor. A device that is
 * only tracked gets no challenge.
 *
 * @throws ApiError ResourceNotFoundException when the client names a device that the user does not have or has forgotten. Clients then drop
 * the device key and sign in again.
 */
export const rememberedDevice: RequiredStep<LaterStepDeps> = {
  async findChallenge({ db, secrets, clock }, signIn) {
    const { context, user, progress } = signIn
    const { pool, deviceKey } = context
    if (!pool.devices?.challengeRequiredOnNewDevice || deviceKey === undefined || hasSecondFactor(progress.proofs)) return undefined
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

export type DeviceDeps = LaterStepDeps & {
  readonly powers: SrpPowers
  readonly codeLockout: Lockout
  readonly deviceLockout: Lockout
  readonly srpToleranceMs: number
}

/**
 * The sign-in state's data for the proof of a device: the device key, and the values A, u and b of the SRP exchange (`startSrpExchange`).
 */
type Memory = { readonly key: string; readonly exchange: string }

/** DEVICE_SRP_AUTH, the first half of a device's proof: the client sends A and gets B. */
export const deviceSrp: Factor<DeviceDeps> = {
  challenge: 'DEVICE_SRP_AUTH',

  async handleAnswer(deps, answer) {
    const { step, signIn } = await openLaterStep<string>(deps, answer, 'DEVICE_SRP_AUTH')
    const key = requireParameter(answer.responses, 'DEVICE_KEY')
    if (key !== step.memory) throw invalidSession()
    const clientPublic = requireClientPublic(requireParameter(answer.responses, 'SRP_A'))

    const { salt, verifier } = await requireVerifier(deps, signIn.user, key)
    const { publicB, exchange } = await startSrpExchange(deps, verifier, clientPublic)
    const memory: Memory = { key, exchange }
    const next = newLaterStep(signIn, { challenge: 'DEVICE_PASSWORD_VERIFIER', memory, now: deps.clock.now() })
    const parameters = {
      SALT: salt.toString('hex'),
      SRP_B: publicB,
      SECRET_BLOCK: toSecretBlock(sealState(deps.secrets, next)),
      DEVICE_KEY: key,
      USERNAME: signIn.user.username,
    }
    return { kind: 'challenge', challenge: { name: 'DEVICE_PASSWORD_VERIFIER', parameters, session: undefined }, consumes: step }
  },
}

/** DEVICE_PASSWORD_VERIFIER, the second half of a device's proof. The state is in SECRET_BLOCK; a Session is ignored. */
export const devicePassword: Factor<DeviceDeps> = {
  challenge: 'DEVICE_PASSWORD_VERIFIER',

  async handleAnswer(deps, answer) {
    const proof = readSrpProof(answer.responses)
    const { step, signIn } = await openLaterStep<Memory>(deps, answer, 'DEVICE_PASSWORD_VERIFIER')
    const { user } = signIn
    const { key, exchange } = step.memory
    if (requireParameter(answer.responses, 'DEVICE_KEY') !== key) throw invalidSession()
    // The timestamp is checked only after the user was found, because a refusal is recorded as a wrong answer of this user.
    requireCurrentTimestamp(proof.timestamp, { now: deps.clock.now(), toleranceMs: deps.srpToleranceMs })

    const { verifier } = await requireVerifier(deps, user, key)
    const expected = { verifier, exchange, group: deviceGroupKeyOf(deps.secrets, user), name: key }
    const { proven } = await deps.codeLockout.guard(user.poolId, user.sub, deps.clock.now(), async () =>
      (await isSrpProof(deps, proof, expected)) ? { proven: true, value: undefined } : { proven: false },
    )
    if (!proven) throw wrongPassword()
    return { kind: 'proven', user, progress: withProof(step.progress, 'DEVICE_PASSWORD_VERIFIER'), consumes: step }
  },
}

/** @throws ApiError ResourceNotFoundException when the device was forgotten since the challenge, or is no longer remembered. */
async function requireVerifier({ db, secrets }: DeviceDeps, user: User, key: string): Promise<PasswordVerifier> {
  const device = await findDevice(db, { poolId: user.poolId, sub: user.sub, key })
  const verifier = device?.remembered ? openDeviceVerifier(secrets, device) : undefined
  if (verifier === undefined) throw deviceNotFound()
  return verifier
}
