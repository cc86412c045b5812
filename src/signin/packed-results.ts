import type { ChallengeResult } from '../triggers/custom-challenge.ts'

/** A challenge result in few characters: whether the challenge was passed, its metadata, and its name unless that is CUSTOM_CHALLENGE. */
export type PackedResult = readonly [0 | 1, (string | null)?, string?]

const customChallenge = 'CUSTOM_CHALLENGE'

export function packResults(results: readonly ChallengeResult[]): readonly PackedResult[] {
  return results.map(({ name, isPassed, metadata }) => {
    const flag = isPassed ? 1 : 0
    if (name !== customChallenge) return [flag, metadata, name]
    return metadata === null ? [flag] : [flag, metadata]
  })
}

export function unpackResults(packed: readonly PackedResult[]): readonly ChallengeResult[] {
  return packed.map(([flag, metadata = null, name = customChallenge]) => ({ name, isPassed: flag === 1, metadata }))
}
