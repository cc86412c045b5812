/** A name that leads to the hosted pages of a pool: the first label of a name under ours, or a whole name of the customer's own. */
export type PoolDomain = {
  readonly domain: string
  readonly poolId: string
  readonly createdAt: number
  readonly updatedAt: number
  /** 1 is the classic hosted UI, 2 is managed login. */
  readonly managedLoginVersion: number
  /** Undefined for a prefix domain. The certificate is for whoever ends TLS in front of this server. */
  readonly custom: { readonly certificateArn: string; readonly securityPolicy: SecurityPolicy | undefined } | undefined
  /** Where the name is to lead when the pool's own region fails; kept as it was sent. */
  readonly failover: { readonly secondaryRegion: string; readonly healthCheckId: string } | undefined
}

export type SecurityPolicy = 'TLS_V1' | 'TLS_V1_2_2021' | 'TLS_V1_3_2025'

export const classicHostedUi = 1
export const managedLogin = 2
