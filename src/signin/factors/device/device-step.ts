import type { Clock } from '../../../base/clock.ts'
import type { Secrets } from '../../../base/secrets.ts'
import type { AppClient } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import type { Db, Tx } from '../../../storage/db.ts'
import { sealedTable } from '../../../storage/sealed-table.ts'
import { findDevice } from '../../../users/devices/device-repository.ts'
import { subOf } from '../../candidate.ts'
import type { Answer } from '../../factor.ts'
import { requireParameter } from '../../parameters.ts'
import { peekAtState, type SignInState, sealState } from '../../sign-in-state.ts'
import { type DeviceStepKey, findDeviceStepState, putDeviceStep } from './device-step-repository.ts'

/**
 * Some clients answer DEVICE_SRP_AUTH without the Session that came with it, and Cognito takes that. So the state of the question is kept
 * here as well, under the user, the client and the device that it was put to: it says that they have passed the steps before. It is the
 * same state that the Session holds. So it expires with the Session, and works once, whether the Session is sent or not.
 */
export async function keepDeviceStep(tx: Tx, secrets: Secrets, state: SignInState, deviceKey: string): Promise<void> {
  const { poolId, sub, clientId, expiresAt } = state
  const key = { poolId, sub, clientId, deviceKey }
  // Sealed once more, because what stands in the database must be of no use as a Session.
  await putDeviceStep(tx, key, { state: secrets.seal('device-step', sealState(secrets, state), contextOf(key)), expiresAt })
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly deviceLockout: Lockout }

/**
 * The state of the question that an answer without a Session belongs to; undefined when no question waits, or there is no such user.
 *
 * A thief who has the device but not the password could wait for the user to sign in, and answer in their place. So an answer to which
 * there is no question counts as a wrong proof, and a few of them lock such answers for a while. Answers with a Session are not locked.
 */
export async function findDeviceStep(
  deps: Deps,
  pool: Pool,
  client: AppClient,
  responses: Answer['responses'],
): Promise<SignInState | undefined> {
  const deviceKey = requireParameter(responses, 'DEVICE_KEY')
  requireParameter(responses, 'SRP_A')
  const sub = await subOf(deps, pool, requireParameter(responses, 'USERNAME'))
  const device = await findDevice(deps.db, { poolId: pool.id, sub, key: deviceKey })
  if (device === undefined) return undefined
  const key = { poolId: pool.id, sub, clientId: client.id, deviceKey }
  const outcome = await deps.deviceLockout.guard<SignInState>(pool.id, sub, deps.clock.now(), async () => {
    const state = await findUnspentStep(deps, key)
    return state === undefined ? { proven: false } : { proven: true, value: state }
  })
  return outcome.proven ? outcome.value : undefined
}

/** Undefined for a question that has been answered, because it must not clear the count. Of two answers at once `consumeState` picks one. */
async function findUnspentStep({ db, clock, secrets }: Deps, key: DeviceStepKey): Promise<SignInState | undefined> {
  const sealed = await findDeviceStepState(db, key, clock.now())
  const session = sealed === undefined ? undefined : secrets.open('device-step', sealed, contextOf(key))
  const state = session && peekAtState(secrets, session.toString())
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
