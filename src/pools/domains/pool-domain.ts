/** The host name of the hosted pages of a pool: a prefix of the server's own domain, or a custom domain of the customer. */
export type PoolDomain = {
  readonly domain: string
  readonly poolId: string
  readonly createdAt: number
  readonly updatedAt: number
  /** 1 is the classic hosted UI, 2 is managed login. */
  readonly managedLoginVersion: number
  /** Undefined for a prefix domain. The certificate is for the proxy that terminates TLS in front of this server. */
  readonly custom: { readonly certificateArn: string; readonly securityPolicy: SecurityPolicy | undefined } | undefined
  /** The failover region of the domain. It is stored as it was sent and has no effect. */
  readonly failover: { readonly secondaryRegion: string; readonly healthCheckId: string } | undefined
}

export type SecurityPolicy = 'TLS_V1' | 'TLS_V1_2_2021' | 'TLS_V1_3_2025'

export const classicHostedUi = 1
export const managedLogin = 2
