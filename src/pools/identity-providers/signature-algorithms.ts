/** The signatures of ID tokens with a key of the provider's key set (RFC 7518 §3.1, RFC 8037). */
export const publicKeyAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** The bytes of the hash of each MAC. A key should not have fewer (RFC 7518 §3.2). */
export const macBytes: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }

/** Whether the algorithm is a MAC, whose key both sides know: the client secret. */
export const isMac = (algorithm: string | undefined): boolean => algorithm !== undefined && Object.hasOwn(macBytes, algorithm)
