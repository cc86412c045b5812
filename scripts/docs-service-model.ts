import { readFileSync } from 'node:fs'

/** The part of the service model that a command line needs: which options an operation has, and of which shape. */
export type ModelShape = {
  readonly type: string
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, { readonly shape: string }>>
  readonly member?: { readonly shape: string }
  readonly key?: { readonly shape: string }
  readonly value?: { readonly shape: string }
  /** Any JSON. */
  readonly document?: boolean
}

export type ServiceModel = {
  readonly metadata: { readonly targetPrefix: string }
  readonly operations: Readonly<Record<string, { readonly authKind: string; readonly input: string }>>
  readonly shapes: Readonly<Record<string, ModelShape>>
}

/** The services of AWS that the guides call, by their name on the command line. Each has the variable that the AWS CLI reads its endpoint from. */
export const serviceEndpoints: Readonly<Record<string, string>> = {
  'cognito-idp': 'AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER',
  'cognito-identity': 'AWS_ENDPOINT_URL_COGNITO_IDENTITY',
}

/** The model of a service of `serviceEndpoints`. */
export function readServiceModel(service: string): ServiceModel {
  return JSON.parse(readFileSync(new URL(`../contract-model/${service}.json`, import.meta.url), 'utf8')) as ServiceModel
}

/** `AdminSetUserMFAPreference` → `admin-set-user-mfa-preference`, `CallbackURLs` → `callback-urls`. */
export function kebabCase(name: string): string {
  return name
    .replace(/[A-Z]{2,}s$/, (plural) => `-${plural.toLowerCase()}`)
    .replace(/(.)([A-Z][a-z]+)/g, '$1-$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
}
