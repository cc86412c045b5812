import {
  CreateManagedLoginBrandingCommand,
  type CreateManagedLoginBrandingCommandInput,
  CreateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { callback, encode } from './oauth.ts'
import type { TestServer } from './test-server.ts'

type Ids = { readonly poolId: string; readonly clientId: string }
type Style = Omit<CreateManagedLoginBrandingCommandInput, 'UserPoolId' | 'ClientId'>

export async function givenStyle(server: TestServer, { poolId, clientId }: Ids, style: Style): Promise<string> {
  const command = new CreateManagedLoginBrandingCommand({ UserPoolId: poolId, ClientId: clientId, ...style })
  return (await server.send(command)).ManagedLoginBranding?.ManagedLoginBrandingId ?? ''
}

/** Gives the pool a prefix domain, and returns the host of its pages. */
export async function givenDomain(server: TestServer, poolId: string, ManagedLoginVersion: 1 | 2): Promise<string> {
  const Domain = `look-${poolId.slice(-9).toLowerCase()}`
  await server.send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain, ManagedLoginVersion }))
  return `${Domain}.auth.localhost:${new URL(server.url).port}`
}

export const loginPath = (clientId: string): string =>
  `/login?${encode({ client_id: clientId, redirect_uri: callback, response_type: 'code' })}`

type Json = string | number | boolean | { readonly [name: string]: Json }

/** Settings with a value at each path, such as `componentClasses.buttons.borderRadius`. */
export function settingsOf(values: Readonly<Record<string, string | number | boolean>>): { [name: string]: Json } {
  const settings: { [name: string]: Json } = {}
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let at = settings
    for (const name of names) {
      at[name] ??= {}
      at = at[name] as typeof at
    }
    at[last] = value
  }
  return settings
}

/** The addresses of all style sheets and images that a page links to. */
export const linksIn = (html: string): string[] => [...html.matchAll(/(?:href|src|srcset)="(\/[^"?]+)"/g)].map(([, path = '']) => path)
