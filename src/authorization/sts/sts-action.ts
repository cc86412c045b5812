import type { RequestKeys } from '../../access/policy-text.ts'

/** The actions of AWS's STS that this server has. */
export const stsActions = ['AssumeRoleWithWebIdentity', 'GetCallerIdentity'] as const

export type StsAction = (typeof stsActions)[number]

export const isStsAction = (name: string): name is StsAction => stsActions.some((action) => action === name)

/** The parameters of a request. Each name occurs once. */
export type StsParameters = ReadonlyMap<string, string>

/** The members of a result, in their order. A member that is undefined is left out. */
export type StsResult = { readonly [name: string]: string | number | StsResult | undefined }

/** What is known of a request for a role, apart from its parameters. */
export type StsRequest = { readonly parameters: StsParameters; readonly requestKeys: RequestKeys }
