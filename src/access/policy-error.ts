/** A policy document that this server cannot enforce. The message is one sentence for the author of the policy. */
export class PolicyError extends Error {
  override name = 'PolicyError'
}
