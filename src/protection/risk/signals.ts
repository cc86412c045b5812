import { hourMs } from '../../base/durations.ts'
import type { Traits } from '../traits.ts'
import type { RiskReason } from './assessment.ts'

/** An earlier sign-in of the user. */
export type EarlierSignIn = { readonly traits: Traits; readonly at: number }

/** A user who seems to travel faster than an airliner is not one person. In kilometres an hour. */
const fastest = 900
/** The place of an address can be wrong by some hundred kilometres. So shorter distances say nothing about a speed. */
const shortest = 500

const impossibleTravelPoints = 20
const anonymousNetworkPoints = 10
const knownDevicePoints = -10
const newDevicePoints = 3

/** What speaks for or against a sign-in beside the score. `history` has the latest sign-in first. */
export function signalsOf(traits: Traits, history: readonly EarlierSignIn[], now: number): readonly RiskReason[] {
  const signals: RiskReason[] = []
  const [latest] = history
  if (latest !== undefined && isTooFast(traits, latest, now)) signals.push({ name: 'speed', points: impossibleTravelPoints })
  if (traits.isAnonymous && !history.some((earlier) => earlier.traits.isAnonymous))
    signals.push({ name: 'anonymous-network', points: anonymousNetworkPoints })
  const { deviceId } = traits
  if (deviceId !== undefined && history.some((earlier) => earlier.traits.deviceId !== undefined)) {
    const isKnown = history.some((earlier) => earlier.traits.deviceId === deviceId)
    signals.push({ name: 'device', points: isKnown ? knownDevicePoints : newDevicePoints })
  }
  return signals
}

function isTooFast(traits: Traits, { traits: earlier, at }: EarlierSignIn, now: number): boolean {
  if (traits.position === undefined || earlier.position === undefined) return false
  const distance = distanceOf(traits.position, earlier.position)
  return distance > shortest && distance / (Math.max(now - at, 1) / hourMs) > fastest
}

type Position = NonNullable<Traits['position']>

const earthRadius = 6371
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** The distance on the surface of the Earth, in kilometres (haversine formula). */
function distanceOf([latitude, longitude]: Position, [otherLatitude, otherLongitude]: Position): number {
  const north = Math.sin(radians(otherLatitude - latitude) / 2) ** 2
  const east = Math.sin(radians(otherLongitude - longitude) / 2) ** 2
  const haversine = north + Math.cos(radians(latitude)) * Math.cos(radians(otherLatitude)) * east
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(haversine)))
}
