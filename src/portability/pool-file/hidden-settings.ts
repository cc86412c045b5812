import type { Secrets } from '../../base/secrets.ts'
import { openClientSecret } from '../../pools/extensions/former-pool.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import { findPool } from '../../pools/pool-repository.ts'
import { findResource } from '../../pools/pool-resource-repository.ts'
import { uiCustomizations } from '../../pools/ui-customization/ui-customization.ts'
import type { Db } from '../../storage/db.ts'
import { isSettings, type Settings, textOf } from './json.ts'

type Deps = { readonly db: Db; readonly secrets: Secrets }

/** Adds to the response of an operation what the API hides. Pool files have these values, so they are compared and exported. */
export async function withHidden(deps: Deps, operation: string, response: Settings): Promise<Settings> {
  switch (operation) {
    case 'DescribeIdentityProvider':
      return withMember(response, 'IdentityProvider', (provider) => withPrivateKey(deps, provider))
    case 'GetUICustomization':
      return withMember(response, 'UICustomization', (look) => withImage(deps, look))
    case 'GetUserPoolExtensions':
      return withMember(response, 'FormerPool', (former) => withClientSecret(deps, textOf(response['UserPoolId']), former))
    default:
      return response
  }
}

async function withMember(response: Settings, name: string, complete: (member: Settings) => Promise<Settings>): Promise<Settings> {
  const member = response[name]
  return isSettings(member) ? { ...response, [name]: await complete(member) } : response
}

async function withPrivateKey({ db, secrets }: Deps, shown: Settings): Promise<Settings> {
  const { UserPoolId: poolId, ProviderName: name, ProviderType: type, ProviderDetails: details } = shown
  if (type !== 'OIDC' && type !== 'SignInWithApple') return shown
  if (typeof poolId !== 'string' || typeof name !== 'string' || !isSettings(details)) return shown
  const key = (await findIdentityProvider(db, secrets, poolId, name))?.config.details['private_key']
  return key === undefined ? shown : { ...shown, ProviderDetails: { ...details, private_key: key } }
}

async function withClientSecret({ db, secrets }: Deps, poolId: string | undefined, shown: Settings): Promise<Settings> {
  const pool = poolId === undefined ? undefined : await findPool(db, poolId)
  const formerPool = pool && extensionsOf(pool).formerPool
  const secret = pool && formerPool && openClientSecret(secrets, pool.id, formerPool)
  return secret === undefined ? shown : { ...shown, ClientSecret: secret }
}

/** The API shows the logo of the classic pages by its address only. */
async function withImage({ db }: Deps, shown: Settings): Promise<Settings> {
  const { UserPoolId: poolId, ClientId: clientId } = shown
  if (typeof poolId !== 'string' || typeof clientId !== 'string') return shown
  const logo = (await findResource(db, poolId, uiCustomizations, clientId))?.config.logo
  return logo === undefined ? shown : { ...shown, ImageFile: logo.bytes }
}
