/**
 * A verifier of SRP depends on the username that it was made with. Usernames can change, and the verifier cannot follow. So a value in the
 * database may end with the name of its verifier. A value without one is for the user's present username.
 */
const mark = '@'

/** Splits a value into what is sealed and the username of its verifier, if the value says one. */
export function splitVerifierName(stored: string): { readonly sealed: string; readonly name: string | undefined } {
  const at = stored.indexOf(mark)
  if (at < 0) return { sealed: stored, name: undefined }
  return { sealed: stored.slice(0, at), name: Buffer.from(stored.slice(at + 1), 'base64url').toString() }
}

export const joinVerifierName = (sealed: string, name: string): string => sealed + mark + Buffer.from(name).toString('base64url')

/** The username that the verifier in the user's password was made with. */
export function verifierNameOf({ username, password }: { readonly username: string; readonly password: string | null }): string {
  return (password === null ? undefined : splitVerifierName(password).name) ?? username
}

/** The value for the row of a user with this username: the name of the verifier is left out where it is the username. */
export function withoutOwnName(stored: string, username: string): string {
  const { sealed, name } = splitVerifierName(stored)
  return name === username ? sealed : stored
}
