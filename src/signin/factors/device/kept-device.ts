import type { SrpPowers } from '../../../base/srp/powers.ts'
import { findProvenDevice } from '../../../users/devices/kept-device.ts'
import type { LaterStepDeps } from '../../later-step.ts'
import { hasSecondFactor } from '../../second-factors.ts'
import { type SignIn, withProof } from '../../sign-in.ts'

export type KeptDeviceDeps = LaterStepDeps & { readonly powers: Pick<SrpPowers, 'verifier'> }

/**
 * The proof of a remembered device that the browser keeps (hosted pages). It replaces the second factor, as DEVICE_SRP_AUTH does in the API.
 * There is no challenge: the proof came with the request. A device that the user has forgotten proves nothing, and the sign-in goes on.
 */
export async function withKeptDevice(deps: KeptDeviceDeps, signIn: SignIn): Promise<SignIn> {
  const { context, user, progress } = signIn
  if (context.needsAllFactors) return signIn
  const kept = context.keptDevices?.find(({ sub }) => sub === user.sub)
  if (kept === undefined || !context.pool.devices?.challengeRequiredOnNewDevice || hasSecondFactor(progress.proofs)) return signIn
  // As in the API, the new password comes before the device.
  if (user.status === 'FORCE_CHANGE_PASSWORD') return signIn
  const device = await findProvenDevice(deps, user, kept)
  return device?.remembered ? { ...signIn, progress: withProof(progress, 'DEVICE_PASSWORD_VERIFIER') } : signIn
}
