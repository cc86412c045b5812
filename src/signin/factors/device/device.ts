import { openExchange, readClientPublic, verifyClaim } from '../../../base/srp/exchange.ts'
import type { SrpPowers } from '../../../base/srp/powers.ts'
import { ApiError } from '../../../contract/api-error.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { deviceGroupKeyOf, deviceNotFound, openDeviceVerifier } from '../../../users/devices/device.ts'
import { findDevice } from '../../../users/devices/device-repository.ts'
import type { PasswordVerifier } from '../../../users/passwords/passwords.ts'
import type { User } from '../../../users/user.ts'
import { wrongPassword } from '../../candidate.ts'
import type { Factor, Verdict } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep, openLaterStep, signInOf } from '../../later-step.ts'
import { requireParameter } from '../../parameters.ts'
import { invalidSession, sealState } from '../../sign-in-state.ts'
import { orTooManyRequests, toSecretBlock } from '../../srp-exchange.ts'
import { requireTimely } from '../../srp-timestamp.ts'

export type DeviceDeps = LaterStepDeps & {
  readonly powers: SrpPowers
  readonly codeLockout: Lockout
  readonly deviceLockout: Lockout
  readonly srpToleranceMs: number
}

/** What the second half must know of the first: which device, and A, u and b (base64). */
type Memory = { readonly key: string; readonly exchange: string }

/** DEVICE_SRP_AUTH, the first half of a device's proof: A comes, B goes. */
export const deviceSrp: Factor<DeviceDeps> = {
  challenge: 'DEVICE_SRP_AUTH',

  async answer(deps, answer) {
    const { step, user } = await openLaterStep<string>(deps, answer, 'DEVICE_SRP_AUTH')
    const key = requireParameter(answer.responses, 'DEVICE_KEY')
    if (key !== step.memory.own) throw invalidSession()
    const a = readClientPublic(requireParameter(answer.responses, 'SRP_A'))
    if (a === undefined) throw new ApiError('InvalidParameterException', 'SRP_A is not a valid public value.')

    const { salt, verifier } = await requireVerifier(deps, user, key)
    const { publicB, state } = await orTooManyRequests(openExchange(deps.powers, verifier, a))
    const memory: Memory = { key, exchange: state.toString('base64') }
    const next = newLaterStep(signInOf(answer, user, step), { challenge: 'DEVICE_PASSWORD_VERIFIER', memory, now: deps.clock.now() })
    const parameters = {
      SALT: salt.toString('hex'),
      SRP_B: publicB,
      SECRET_BLOCK: toSecretBlock(sealState(deps.secrets, next)),
      DEVICE_KEY: key,
      USERNAME: user.username,
    }
    return { kind: 'ask', question: { name: 'DEVICE_PASSWORD_VERIFIER', parameters, session: undefined }, consumes: step }
  },
}

/** DEVICE_PASSWORD_VERIFIER, the second half. The state is in SECRET_BLOCK, so a Session is not looked at. */
export const devicePassword: Factor<DeviceDeps> = {
  challenge: 'DEVICE_PASSWORD_VERIFIER',

  async answer(deps, answer) {
    const { responses } = answer
    const signature = requireParameter(responses, 'PASSWORD_CLAIM_SIGNATURE')
    const block = requireParameter(responses, 'PASSWORD_CLAIM_SECRET_BLOCK')
    const timestamp = requireParameter(responses, 'TIMESTAMP')
    const { step, user } = await openLaterStep<Memory>(deps, answer, 'DEVICE_PASSWORD_VERIFIER')
    const { key, exchange } = step.memory.own
    if (requireParameter(responses, 'DEVICE_KEY') !== key) throw invalidSession()
    // Only now: a refusal is noted as a wrong proof of this user.
    requireTimely(timestamp, { now: deps.clock.now(), toleranceMs: deps.srpToleranceMs })

    const { verifier } = await requireVerifier(deps, user, key)
    const claim = { group: deviceGroupKeyOf(deps.secrets, user), name: key, secretBlock: Buffer.from(block, 'base64'), timestamp }
    const proof = { verifier, state: Buffer.from(exchange, 'base64'), claim, signature }
    const { proven } = await deps.codeLockout.guard(user.poolId, user.sub, deps.clock.now(), async () =>
      (await orTooManyRequests(verifyClaim(deps.powers, proof))) ? { proven: true, value: undefined } : { proven: false },
    )
    if (!proven) throw wrongPassword()
    const proofs = [...step.proofs, 'DEVICE_PASSWORD_VERIFIER'] as const
    return { kind: 'proven', proof: { user, proofs, consumes: step } } satisfies Verdict
  },
}

/** Throws ResourceNotFoundException when the device was forgotten since the question, or may no longer stand for a second factor. */
async function requireVerifier({ db, secrets }: DeviceDeps, user: User, key: string): Promise<PasswordVerifier> {
  const device = await findDevice(db, { poolId: user.poolId, sub: user.sub, key })
  const verifier = device?.remembered ? openDeviceVerifier(secrets, device) : undefined
  if (verifier === undefined) throw deviceNotFound()
  return verifier
}
