import type { ClientSecretDescriptorType } from '../../contract/generated/types.ts'
import type { ClientSecret } from '../app-client.ts'

/** Without the value, which only the answer that made it up has. */
export function writeClientSecret(secret: ClientSecret): ClientSecretDescriptorType {
  return { ClientSecretId: secret.id, ClientSecretCreateDate: new Date(secret.createdAt) }
}
