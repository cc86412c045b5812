import { DescribeUserPoolCommand, GetUserPoolMfaConfigCommand, type UserPoolType } from '@aws-sdk/client-cognito-identity-provider'
import { ApiError } from '../../contract/api-error.ts'
import type { SchemaAttributeType } from '../../contract/generated/types.ts'
import { isStandardAttribute } from '../../pools/attribute-schema.ts'
import { changePool } from '../../pools/change-pool.ts'
import { requireAllowedSender } from '../../pools/email-sender.ts'
import { readMfaConfig } from '../../pools/mfa/mfa-config-wire.ts'
import type { Pool } from '../../pools/pool.ts'
import { findPool, insertPool } from '../../pools/pool-repository.ts'
import { requireConsistentPool } from '../../pools/pool-rules.ts'
import { readNewPool, readPoolUpdate, writePool } from '../../pools/pool-wire.ts'
import { addCustomAttributes } from '../../pools/schema-wire.ts'
import { requireTagsWithinQuota } from '../../pools/tags/tags.ts'
import { requireFeaturesOfTier } from '../../pools/tier-rules.ts'
import { auditOf, type Copy, digestOf, findDigest, keepDigest, requestOf } from './copy-context.ts'

/** A reason why nothing can be copied. */
export class CopyError extends Error {
  override readonly name = 'CopyError'
}

const kind = 'pool'

/**
 * Copies the settings of the pool itself, with its id and dates. Settings that have changed there since the last copy replace those here.
 * @returns what the former pool shows, and the pool as stored here; in a plan, as it would be stored
 * @throws CopyError when the pool does not exist there, when another pool has its id here, or when this server does not allow its settings
 */
export async function copyPool(copy: Copy): Promise<{ readonly shown: UserPoolType; readonly pool: Pool }> {
  const { source, deps, poolId } = copy
  const { UserPool: shown } = await source.read('settings', (client) => client.send(new DescribeUserPoolCommand({ UserPoolId: poolId })))
  if (shown === undefined) throw new CopyError(`The user pool ${poolId} was not shown.`)
  const mfa = await source.read('settings', (client) => client.send(new GetUserPoolMfaConfigCommand({ UserPoolId: poolId })))
  const existing = await findPool(deps.db, poolId)
  const before = await findDigest(copy, `${kind}/${poolId}`)
  if (existing !== undefined && before === undefined) {
    throw new CopyError(`The user pool ${poolId} exists here and was not made by this command. Nothing was changed.`)
  }
  const wanted = settingsOf(shown, mfa)
  const digest = digestOf(wanted)
  noteFunctions(copy, shown)
  copy.seen.add(`${kind}/${poolId}`)
  try {
    if (existing === undefined) return { shown, pool: await createPool(copy, shown, wanted, digest) }
    return { shown, pool: await changeCopiedPool(copy, existing, wanted, digest) }
  } catch (error) {
    if (error instanceof ApiError) throw new CopyError(`The settings of the pool cannot be stored here: ${error.message.trim()}`)
    throw error
  }
}

/** The requests that would give a pool these settings, so that the rules of the operations apply. */
function settingsOf({ SchemaAttributes = [], Name, ...shown }: UserPoolType, mfa: object) {
  const { PasswordPolicy: policy } = shown.Policies ?? {}
  const { UnusedAccountValidityDays: days, ...invitations } = shown.AdminCreateUserConfig ?? {}
  const members = {
    ...shown,
    AdminCreateUserConfig:
      policy?.TemporaryPasswordValidityDays === undefined ? { ...invitations, UnusedAccountValidityDays: days } : invitations,
  }
  return {
    create: requestOf('CreateUserPool', { ...members, PoolName: Name, Schema: schemaOf(SchemaAttributes) }),
    update: requestOf('UpdateUserPool', { ...members, UserPoolId: shown.Id, PoolName: Name }),
    mfa: requestOf('SetUserPoolMfaConfig', { UserPoolId: shown.Id, ...mfaOf(mfa) }),
  }
}

type Wanted = ReturnType<typeof settingsOf>

/** The attributes as CreateUserPool takes them: custom ones without their prefix, and without those that every pool has. */
function schemaOf(shown: readonly { readonly Name?: string | undefined }[]): readonly object[] {
  return shown
    .filter(({ Name = '' }) => Name !== 'identities' && !(isStandardAttribute(Name) && Name.endsWith('_verified')))
    .map((attribute) => ({ ...attribute, Name: attribute.Name?.replace(/^(dev:)?custom:/, '') }))
}

/** Factors are shown as off in some pools whose MFA is off. The request must not name them then. */
function mfaOf(shown: { readonly MfaConfiguration?: string | undefined; readonly WebAuthnConfiguration?: object | undefined }): object {
  if ((shown.MfaConfiguration ?? 'OFF') !== 'OFF') return shown
  return { MfaConfiguration: 'OFF', WebAuthnConfiguration: shown.WebAuthnConfiguration }
}

async function createPool(copy: Copy, shown: UserPoolType, wanted: Wanted, digest: string): Promise<Pool> {
  const { deps, poolId, report, isPlan } = copy
  const now = shown.CreationDate?.getTime() ?? deps.clock.now()
  const drafted = readMfaConfig(readNewPool(wanted.create, { id: poolId, now }), wanted.mfa, now)
  const pool = requirePool(copy, { ...drafted, updatedAt: shown.LastModifiedDate?.getTime() ?? now })
  report.count(kind, 'created')
  if (isPlan) return pool
  await deps.db.transaction().execute(async (tx) => {
    await insertPool(tx, pool)
    await keepDigest(tx, copy, `${kind}/${poolId}`, digest)
    await auditOf(deps, poolId, 'CreateUserPool').record(tx, { detail: `name: ${pool.name}` })
  })
  await deps.pools.invalidate(poolId)
  return pool
}

async function changeCopiedPool(copy: Copy, existing: Pool, wanted: Wanted, digest: string): Promise<Pool> {
  const { deps, poolId, report, isPlan } = copy
  if ((await findDigest(copy, `${kind}/${poolId}`)) === digest) {
    report.count(kind, 'unchanged')
    return existing
  }
  const change = (before: Pool) => {
    const now = deps.clock.now()
    const updated = readMfaConfig(readPoolUpdate(before, wanted.update, now), wanted.mfa, now)
    return requirePool(copy, { ...updated, schema: addCustomAttributes(updated.schema, newAttributes(before, wanted.create.Schema)) })
  }
  report.count(kind, 'changed')
  if (isPlan) return change(existing)
  const audit = auditOf(deps, poolId, 'UpdateUserPool')
  return changePool({ ...deps, audit }, poolId, writeSettings, async (before, tx) => {
    await keepDigest(tx, copy, `${kind}/${poolId}`, digest)
    return change(before)
  })
}

const writeSettings = (pool: Pool) => writePool(pool, { accountId: '', estimatedNumberOfUsers: 0, domains: [], isFederated: false })

function newAttributes({ schema }: Pool, wanted: readonly SchemaAttributeType[] = []): readonly SchemaAttributeType[] {
  const known = new Set(schema.map(({ name }) => name))
  const fullName = ({ Name = '', DeveloperOnlyAttribute: isDeveloperOnly }: SchemaAttributeType) =>
    isStandardAttribute(Name) ? Name : `${isDeveloperOnly ? 'dev:' : ''}custom:${Name}`
  return wanted.filter((attribute) => !known.has(fullName(attribute)))
}

/** @throws ApiError when this server does not allow the settings. A sender that the operator does not allow is left out instead. */
function requirePool({ deps, report }: Copy, pool: Pool): Pool {
  requireConsistentPool(pool)
  requireTagsWithinQuota(deps.quotas, pool, 'UserPoolTaggingException')
  requireFeaturesOfTier(deps.tiers, pool)
  try {
    requireAllowedSender(deps.senderDomains, pool.email.from, 'EmailConfiguration.From')
    return pool
  } catch (error) {
    report.fail('EmailConfiguration.From', (error as Error).message)
    return { ...pool, email: { ...pool.email, from: undefined } }
  }
}

/** The triggers keep their ARNs. This server has to reach the functions. */
function noteFunctions({ report }: Copy, { LambdaConfig: triggers = {} }: UserPoolType): void {
  const arns = new Set(JSON.stringify(triggers).match(/arn:[^"]+:function:[^"]+/g))
  for (const arn of arns)
    report.note(`The triggers call ${arn}: this server must reach the function, or have one for this ARN (docs/triggers.md).`)
}
