import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { getOrCreateSamlCertificate, type SigningCertificateDeps } from './signing-certificate.ts'

type Deps = SigningCertificateDeps & { pools: PoolCatalog }

export const getSigningCertificate = operation('GetSigningCertificate', {
  auth: 'iam',

  async handle(request, deps: Deps) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    return { Certificate: await getOrCreateSamlCertificate(deps, pool.id, 'signing') }
  },
})
