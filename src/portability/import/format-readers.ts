import type { FormatReaders } from '../../users/import/records/record-format.ts'
import { auth0Reader } from './read-auth0-record.ts'
import { firebaseReader } from './read-firebase-record.ts'
import { fusionAuthReader } from './read-fusionauth-record.ts'
import { keycloakReader } from './read-keycloak-record.ts'
import { kratosReader } from './read-kratos-record.ts'
import { lifeguardReader } from './read-lifeguard-record.ts'

/** What reads the records of each format. */
export const formatReaders: FormatReaders = {
  LIFEGUARD: lifeguardReader,
  AUTH0: auth0Reader,
  FIREBASE: firebaseReader,
  KEYCLOAK: keycloakReader,
  FUSIONAUTH: fusionAuthReader,
  KRATOS: kratosReader,
}
