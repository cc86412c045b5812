import { createHash } from 'node:crypto'
import { recordCommand } from '../../audit/audit-trail.ts'
import type { AuditedCall, AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Input, Operation, OperationName, RequestContext } from '../../contract/operation.ts'
import { readRequest } from '../../contract/read-request.ts'
import type { SenderDomains } from '../../pools/email-sender.ts'
import type { DiscoverDetails } from '../../pools/identity-providers/identity-provider.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { resourceKind } from '../../pools/pool-resource.ts'
import { findResource, listResourceIds, putResource } from '../../pools/pool-resource-repository.ts'
import type { Quotas } from '../../pools/quotas.ts'
import type { Tiers } from '../../pools/tier-rules.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { CopyReport } from './copy-report.ts'
import type { Source } from './source.ts'

/** The services that the operations ask for which a copy runs. */
export type CopyDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly pools: PoolCatalog
  readonly quotas: Quotas
  readonly tiers: Tiers
  readonly senderDomains: SenderDomains
  readonly publicUrl: string
  readonly discoverDetails: DiscoverDetails
}

export type Copy = {
  readonly source: Source
  readonly deps: CopyDeps
  readonly poolId: string
  /** A name of this run. */
  readonly run: string
  readonly isPlan: boolean
  readonly removeDeleted: boolean
  readonly report: CopyReport
  /** The things that this run has seen in the former pool. */
  readonly seen: Set<string>
}

/** A digest of each thing that was copied, by its name. It shows whether the thing has changed there since. */
const copied = resourceKind<{ readonly digest: string }>('former-pool-copy')

type Thing = {
  /** The kind in the report, such as `app clients`. */
  readonly kind: string
  readonly id: string
  /** What the former pool shows of it, as far as it is copied. */
  readonly shown: object
}

/**
 * Copies a thing if it is new there, or has changed there since the last copy. What has changed here only stays as it is. When the rules of
 * this server refuse the thing, the report says why, and the copy goes on.
 */
export async function copyThing(copy: Copy, { kind, id, shown }: Thing, apply: () => Promise<void>): Promise<void> {
  const { report, deps, isPlan, seen } = copy
  const name = `${kind}/${id}`
  seen.add(name)
  const digest = digestOf(shown)
  const before = await findDigest(copy, name)
  if (before === digest) return report.count(kind, 'unchanged')
  const result = before === undefined ? 'created' : 'changed'
  if (isPlan) return report.count(kind, result)
  try {
    await apply()
    await keepDigest(deps.db, copy, name, digest)
    report.count(kind, result)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    report.count(kind, 'notCopied')
    report.fail(`${kind}: ${id}`, error.message.trim())
  }
}

/** The digest of what a copy has stored under this name. */
export async function findDigest({ deps, poolId }: Copy, name: string): Promise<string | undefined> {
  return (await findResource(deps.db, poolId, copied, name))?.config.digest
}

export function keepDigest(db: Db | Tx, { deps, poolId }: Copy, id: string, digest: string): Promise<unknown> {
  const now = deps.clock.now()
  return db === deps.db
    ? deps.db.transaction().execute((tx) => putResource(tx, poolId, copied, { id, createdAt: now, updatedAt: now, config: { digest } }))
    : putResource(db as Tx, poolId, copied, { id, createdAt: now, updatedAt: now, config: { digest } })
}

/** Reports what earlier copies have stored, and what is no longer in the former pool. */
export async function reportGone({ deps, poolId, seen, report }: Copy): Promise<void> {
  for (const id of await listResourceIds(deps.db, poolId, copied, 100_000)) if (!seen.has(id)) report.gone(id.replace('/', ': '))
}

/** The request of an operation, with what the former pool shows in the members that the operation has. */
export function requestOf<N extends OperationName>(name: N, shown: object): Input<N> {
  return readRequest(name, JSON.parse(JSON.stringify(shown, encodeBytes)))
}

function encodeBytes(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key]
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value
}

export function digestOf(shown: object): string {
  return createHash('sha256').update(JSON.stringify(shown, encodeBytes)).digest('base64url')
}

/** Runs an operation of the API, with what the former pool shows as its request. */
export async function runOperation<N extends OperationName>(
  { deps, poolId }: Copy,
  operation: Operation<N, CopyDeps, AuditedCaller>,
  shown: object,
): Promise<void> {
  const caller: AuditedCaller = {
    accessKeyId: undefined,
    isAllowedOnIdentityPool: () => true,
    audit: auditOf(deps, poolId, operation.name),
  }
  await operation.handle(requestOf(operation.name, { ...shown, UserPoolId: poolId }), deps, caller, noContext)
}

const noContext: RequestContext = { ip: undefined, userAgent: undefined }

/** Each change leaves the audit record of a command, in the transaction of the change. */
export function auditOf({ clock }: Pick<CopyDeps, 'clock'>, poolId: string, operation: string): AuditedCall {
  const record: AuditedCall['record'] = (tx, { subject = poolId, detail } = {}) =>
    recordCommand(tx, clock, { operation, subject, detail: ['copied from Cognito', detail].filter(Boolean).join('; ') })
  return { record, recordEarlierStep: record }
}
