import type { Clock } from '../../../base/clock.ts'
import type { Secrets } from '../../../base/secrets.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import type { Db, Tx } from '../../../storage/db.ts'
import { sealedTable } from '../../../storage/sealed-table.ts'
import { findOwnerOfDevice } from '../../../users/devices/device-repository.ts'
import { findUser } from '../../../users/user-repository.ts'
import { isNameOf } from '../../candidate.ts'
import { type RequestParameters, requireParameter } from '../../parameters.ts'
import { openState, sealState } from '../../sealed-state.ts'
import type { PoolAndClient } from '../../sign-in.ts'
import type { SignInState } from '../../sign-in-state.ts'
import { type DeviceStepKey, findDeviceStepState, putDeviceStep } from './device-step-repository.ts'

/**
 * Some clients answer DEVICE_SRP_AUTH without its Session, and Cognito accepts that. So the sign-in state of the challenge is also stored,
 * for its user, client and device. The stored state proves that the earlier steps were passed. It is a copy of the state in the Session,
 * with the same id and expiry. So both expire at the same time, and an answer with either consumes both.
 */
export async function keepDeviceStep(tx: Tx, secrets: Secrets, state: SignInState, deviceKey: string): Promise<void> {
  const { poolId, sub, clientId, expiresAt } = state
  const key = { poolId, sub, clientId, deviceKey }
  // Sealed a second time, so that a stored state cannot be used as a Session.
  await putDeviceStep(tx, key, { state: secrets.seal('device-step', sealState(secrets, state), contextOf(key)), expiresAt })
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly deviceLockout: Lockout }

/**
 * The state of the challenge that an answer without a Session belongs to. Undefined when no challenge is waiting, or when the named user
 * does not have the device. The key of the device finds the user, because the name may be a former username. Some clients send
 * USER_ID_FOR_SRP.
 *
 * A thief who has the device but not the password could wait until the user signs in, and then answer first. So an answer without a waiting
 * challenge counts as a wrong answer. After a few such answers, all answers of this user without a Session are refused for a while. Answers
 * with a Session are still accepted.
 *
 * @throws ApiError NotAuthorizedException while answers without a Session are refused.
 */
export async function findDeviceStep(
  deps: Deps,
  { pool, client }: PoolAndClient,
  responses: RequestParameters,
): Promise<SignInState | undefined> {
  const deviceKey = requireParameter(responses, 'DEVICE_KEY')
  requireParameter(responses, 'SRP_A')
  const name = requireParameter(responses, 'USERNAME')
  const sub = await findOwnerOfDevice(deps.db, pool.id, deviceKey)
  const user = sub === undefined ? undefined : await findUser(deps.db, pool.id, sub)
  if (sub === undefined || user === undefined || !(await isNameOf(deps, pool, { sub, user }, name))) return undefined
  const key = { poolId: pool.id, sub, clientId: client.id, deviceKey }
  const outcome = await deps.deviceLockout.guard<SignInState>(pool.id, sub, deps.clock.now(), async () => {
    const state = await findUnansweredStep(deps, key)
    return state === undefined ? { proven: false } : { proven: true, value: state }
  })
  return outcome.proven ? outcome.value : undefined
}

/**
 * The stored state of a challenge that waits for its answer. Undefined when the challenge was answered already: a second answer must not
 * clear the count of wrong answers. Of two answers at once, both may get the state here, but `consumeState` accepts only one.
 */
async function findUnansweredStep({ db, clock, secrets }: Deps, key: DeviceStepKey): Promise<SignInState | undefined> {
  const sealed = await findDeviceStepState(db, key, clock.now())
  const session = sealed === undefined ? undefined : secrets.open('device-step', sealed, contextOf(key))
  const state = session && openState(secrets, session.toString())
  return state === undefined || (await isStateConsumed(db, state.id)) ? undefined : state
}

const contextOf = ({ poolId, sub, clientId, deviceKey }: DeviceStepKey): string => `${poolId}/${sub}/${clientId}/${deviceKey}`

export const sealedDeviceSteps = sealedTable('device_step', {
  key: ['pool_id', 'sub', 'client_id', 'device_key'],
  columns: {
    state: (secrets, sealed, { pool_id: poolId, sub, client_id: clientId, device_key: deviceKey }) =>
      secrets.reseal('device-step', sealed, contextOf({ poolId, sub, clientId, deviceKey })),
  },
})
