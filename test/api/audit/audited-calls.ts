import assert from 'node:assert/strict'
import type { AuditRecordType } from '../../../src/contract/generated/types.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/operations.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { rawCall } from '../../support/raw-call.ts'
import type { TestServer } from '../../support/test-server.ts'

export const signedOperations = operations.filter(({ auth }) => auth === 'iam')
export const auditedOperations: readonly OperationName[] = signedOperations.filter(({ isAudited }) => isAudited).map(({ name }) => name)

/** A record as `ListAuditRecords` returns it: times are numbers in JSON. */
export type ListedRecord = Omit<AuditRecordType, 'At'> & { readonly At: number }

/** Headers by which a request to `dev` names an access key. `dev` checks no signature, so the key need not exist. */
export const namingKey = (accessKeyId: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/cognito-idp/aws4_request, Signature=x`,
})

/** The first page of the audit records that match the filter, newest first. */
export async function listAuditRecords(server: TestServer, filter: object): Promise<readonly ListedRecord[]> {
  return (await callLifeguard(server, 'ListAuditRecords', filter)).Records
}

/** Makes calls of a server, each with an access key of its own, and finds the record of each call. */
export function recordedCalls(server: () => TestServer) {
  let keys = 0

  /** Sends a request that must succeed. Returns its answer and what its record says. */
  async function recordOf(operation: string, request: object) {
    const key = `AKIA${String(keys++).padStart(16, '0')}`
    const { status, text, body } = await rawCall(server(), operation, request, namingKey(key))
    assert.equal(status, 200, text)
    const [record] = await listAuditRecords(server(), { AccessKeyId: key })
    assert.ok(record)
    const { UserPoolId, IdentityPoolId, Subject, Username, ChangedMembers, Detail } = record
    const pool = IdentityPoolId === undefined ? { UserPoolId } : { IdentityPoolId }
    const facts = { ...pool, Subject, ChangedMembers, Detail, ...(Username !== undefined && { Username }) }
    return { body, text: JSON.stringify(record), facts }
  }
  const changed = async (operation: string, request: object) => (await recordOf(operation, request)).facts.ChangedMembers
  return { recordOf, changed }
}
