/** Members whose values are secrets. No diff shows them, and an export refers to them. */
export const secretNames: ReadonlySet<string> = new Set(['ClientSecret', 'Code', 'client_secret', 'private_key', 'Password'])
