import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { scopeOfAccessToken } from '../../tokens/access-token.ts'

type ScopeMember = { readonly scope?: string }

/**
 * The member `scope` of an answer with an access token (RFC 6749 §5.1). The scopes may be others than the client has asked for: unknown ones
 * are ignored, and PreTokenGeneration may change them. Cognito leaves the member out.
 */
export const scopeMember = (pool: Pool, accessToken: string): ScopeMember => membersByManner[mannerOf(pool)](accessToken)

const membersByManner: Readonly<Record<Manner, (accessToken: string) => ScopeMember>> = {
  COGNITO: () => ({}),
  STRICT: (accessToken) => ({ scope: scopeOfAccessToken(accessToken) }),
}
