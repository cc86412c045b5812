import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { CreateUserRecordsImportJobRequest } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import type { Quotas } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { createRecordsJob } from './records/create-records-job.ts'
import type { RecordOptions } from './records/record-format.ts'
import { uploadUrl } from './upload-url.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; quotas: Quotas; publicUrl: string }

/**
 * Lifeguard's own operation: creates a job that imports a file of records, of Lifeguard or of another system. The other operations on import
 * jobs work on it, too.
 */
export const createUserRecordsImportJob = operation('CreateUserRecordsImportJob', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, quotas, publicUrl }: Deps, { audit }: AuditedCaller) {
    const job = await createRecordsJob(
      { db, clock, secrets, quotas },
      {
        poolId: request.UserPoolId,
        name: request.JobName,
        format: request.Format,
        isDryRun: request.DryRun ?? false,
        options: readOptions(request),
        record: (tx, { id, name, format }) => audit.record(tx, { subject: id, detail: `name: ${name}; format: ${format}` }),
      },
    )
    return {
      UserRecordsImportJob: {
        JobName: job.name,
        JobId: job.id,
        UserPoolId: job.poolId,
        Format: request.Format,
        DryRun: job.isDryRun,
        Status: job.status,
        CreationDate: new Date(job.createdAt),
        PreSignedUrl: uploadUrl(secrets, publicUrl, job),
      },
    }
  },
})

function readOptions(request: CreateUserRecordsImportJobRequest): RecordOptions {
  const { FirebaseHash: hash } = request
  return {
    attributes: Object.entries(request.AttributeMap ?? {}),
    ignoreUnknown: request.IgnoreUnknown ?? false,
    idAttribute: request.IdAttribute,
    rolesAsGroups: request.RolesAsGroups ?? false,
    relyingPartyId: request.RelyingPartyId,
    firebaseHash: hash && {
      signerKey: hash.SignerKey,
      saltSeparator: hash.SaltSeparator,
      rounds: hash.Rounds,
      memoryCost: hash.MemoryCost,
    },
  }
}
