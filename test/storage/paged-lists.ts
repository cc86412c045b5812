import { listRoles } from '../../src/access/roles/role-repository.ts'
import { type AuditFilter, listAuditRecordsOf } from '../../src/audit/audit-repository.ts'
import type { OperationName } from '../../src/contract/operation.ts'
import { listIdentitiesOf } from '../../src/identity-pools/identities/identity-administration-repository.ts'
import { listIdentityPools } from '../../src/identity-pools/identity-pool-repository.ts'
import { listMessageRows } from '../../src/messaging/message-record-repository.ts'
import { listInitialAccessTokens } from '../../src/oauth/client-registration/initial-access-tokens/initial-access-token-repository.ts'
import { listAppClients } from '../../src/pools/app-client-repository.ts'
import { noExtensions } from '../../src/pools/extensions/pool-extensions.ts'
import { listIdentityProviders } from '../../src/pools/identity-providers/identity-provider-repository.ts'
import { listKeptPools } from '../../src/pools/pool-deletion-repository.ts'
import { listPools } from '../../src/pools/pool-repository.ts'
import { listResources } from '../../src/pools/pool-resource-repository.ts'
import { resourceServers } from '../../src/pools/resource-servers/resource-server.ts'
import { termsDocuments } from '../../src/pools/terms/terms.ts'
import { listBackupJobs } from '../../src/portability/backup-jobs/backup-job-repository.ts'
import { listAuthEvents } from '../../src/protection/auth-event-repository.ts'
import { listSlowedNetworks } from '../../src/protection/stuffing/stuffing-repository.ts'
import type { Db } from '../../src/storage/db.ts'
import { listInvocations } from '../../src/triggers/invocations/invocation-repository.ts'
import { listKeptUsers } from '../../src/users/deleted-users/kept-user-repository.ts'
import { listDevicesOf } from '../../src/users/devices/device-repository.ts'
import { listMembers } from '../../src/users/groups/group-member-repository.ts'
import { listGroups, listGroupsOfUser } from '../../src/users/groups/group-repository.ts'
import { listImportJobs } from '../../src/users/import/import-job-repository.ts'
import { listLog } from '../../src/users/import/import-log-repository.ts'
import type { Filter } from '../../src/users/list/filter.ts'
import { listUsers } from '../../src/users/list/user-list-repository.ts'
import { testPool } from '../api/messaging/messaging-setup.ts'
import { depth, idOf, poolId, poolIdOf } from './paged-rows.ts'

/** Reads one page: the page after the entry with the number `after`, or the first page if `after` is undefined. */
export type AskForPage = (db: Db, after: number | undefined, limit: number) => Promise<unknown>

const idAfter = (after: number | undefined) => (after === undefined ? undefined : idOf(after))
/** The id of entry number `after` in a list that begins with the latest entry. `idAfter` is for lists that begin with the first one. */
const idBefore = (after: number | undefined) => (after === undefined ? undefined : idOf(depth - after))

const usersBy =
  (filter: Filter | undefined, keyOf: (at: number) => string): AskForPage =>
  (db, after, limit) =>
    listUsers(db, poolId, filter, { limit, after: after === undefined ? undefined : { key: keyOf(after), sub: idOf(after) } })

const invocationsBy =
  (filter: Parameters<typeof listInvocations>[2]): AskForPage =>
  (db, after, limit) =>
    listInvocations(db, poolId, filter, { after: idBefore(after), limit })

const messagesBy =
  (filter: Parameters<typeof listMessageRows>[2]): AskForPage =>
  (db, after, limit) =>
    listMessageRows(db, poolId, { ...filter, before: idBefore(after) }, limit)

const auditRecordsBy =
  (filter: AuditFilter): AskForPage =>
  (db, after, limit) =>
    listAuditRecordsOf(db, filter, { from: undefined, before: idBefore(after) }, limit)

const keepingPool = { ...testPool(), id: poolId, extensions: { ...noExtensions, deletedUsers: { keepDays: 1 } } }
const anyInvocation = { trigger: undefined, outcome: undefined, usernameKey: undefined }
const devices: AskForPage = (db, after, limit) => listDevicesOf(db, { poolId, sub: 'ana' }, { after: idAfter(after), limit })

const keptUsers =
  (name: string | undefined): AskForPage =>
  (db, after, limit) =>
    listKeptUsers(db, keepingPool, { now: 0, name, after: idAfter(after), limit })

/** The statements of each operation that reads its pages from the database, one for each kind of filter. */
export const pagedLists: Partial<Record<OperationName, Readonly<Record<string, AskForPage>>>> = {
  ListUserPools: { all: (db, after, limit) => listPools(db, { after: after === undefined ? undefined : poolIdOf(after), limit }) },
  ListDeletedUserPools: {
    all: (db, after, limit) => listKeptPools(db, { now: 0, after: after === undefined ? undefined : poolIdOf(after), limit }),
  },
  ListDeletedUsers: { all: keptUsers(undefined), Username: keptUsers('ana') },
  ListUserPoolClients: { all: (db, after, limit) => listAppClients(db, poolId, { after: idAfter(after), limit }) },
  ListInitialAccessTokens: { all: (db, after, limit) => listInitialAccessTokens(db, poolId, { after: idAfter(after), limit }) },
  ListResourceServers: { all: (db, after, limit) => listResources(db, poolId, resourceServers, { after: idAfter(after), limit }) },
  ListIdentityProviders: { all: (db, after, limit) => listIdentityProviders(db, poolId, { after: idAfter(after), limit }) },
  ListTerms: { all: (db, after, limit) => listResources(db, poolId, termsDocuments, { after: idAfter(after), limit }) },
  ListUsers: {
    all: usersBy(undefined, () => ''),
    'sub ^=': usersBy({ by: 'sub', match: 'prefix', key: 'i' }, () => ''),
    'status =': usersBy({ by: 'attribute', name: 'status', match: 'equal', key: 'Enabled' }, () => 'Enabled'),
    'status ^=': usersBy({ by: 'attribute', name: 'status', match: 'prefix', key: 'En' }, () => 'Enabled'),
    'email ^=': usersBy({ by: 'attribute', name: 'email', match: 'prefix', key: 'id' }, idOf),
  },
  ListGroups: { all: (db, after, limit) => listGroups(db, poolId, { after: idAfter(after), limit }) },
  ListUsersInGroup: {
    all: (db, after, limit) => listMembers(db, { poolId, memberKey: 'everyone' }, { after: idAfter(after), limit }),
  },
  AdminListGroupsForUser: { all: (db, after, limit) => listGroupsOfUser(db, poolId, 'ana', { after: idAfter(after), limit }) },
  AdminListUserAuthEvents: { all: (db, after, limit) => listAuthEvents(db, poolId, 'ana', { after: idBefore(after), limit }) },
  ListDevices: { all: devices },
  AdminListDevices: { all: devices },
  ListUserImportJobs: { all: (db, after, limit) => listImportJobs(db, poolId, { after: idBefore(after), limit }) },
  ListUserImportLog: {
    all: (db, after, limit) => listLog(db, { poolId, jobId: 'job' }, { after: after === undefined ? undefined : String(after), limit }),
  },
  ListIdentityPools: { all: (db, after, limit) => listIdentityPools(db, { after: idAfter(after), limit }) },
  ListIdentities: {
    all: (db, after, limit) => listIdentitiesOf(db, poolId, { after: idAfter(after), limit, hideDisabled: false }),
    HideDisabled: (db, after, limit) => listIdentitiesOf(db, poolId, { after: idAfter(after), limit, hideDisabled: true }),
  },
  ListBackups: { all: (db, after, limit) => listBackupJobs(db, { before: idBefore(after), limit }) },
  ListRoles: { all: (db, after, limit) => listRoles(db, { after: idAfter(after), limit }) },
  ListAuditRecords: {
    all: auditRecordsBy({}),
    UserPoolId: auditRecordsBy({ poolId }),
    AccessKeyId: auditRecordsBy({ accessKeyId: 'AKIA' }),
    SessionArn: auditRecordsBy({ sessionArn: 'x' }),
    SessionIdentityId: auditRecordsBy({ sessionIdentityId: 'x' }),
    Operation: auditRecordsBy({ operation: 'AdminDeleteUser' }),
    Subject: auditRecordsBy({ subject: 'ana' }),
  },
  ListMessages: { all: messagesBy({}), State: messagesBy({ state: 'sent' }), Username: messagesBy({ sub: 'ana' }) },
  ListSlowedNetworks: { all: (db, after, limit) => listSlowedNetworks(db, poolId, { now: 0, after: idAfter(after), limit }) },
  ListTriggerInvocations: {
    all: invocationsBy(anyInvocation),
    Trigger: invocationsBy({ ...anyInvocation, trigger: 'PreSignUp' }),
    Outcome: invocationsBy({ ...anyInvocation, outcome: 'FAILED' }),
    Username: invocationsBy({ ...anyInvocation, usernameKey: 'ana' }),
  },
}

/** Operations that take a page token but do not read their entries page by page. The text says why no page could be long. */
export const unpagedLists: Partial<Record<OperationName, string>> = {
  LookupDeveloperIdentity: 'an identity has 20 logins at most',
  ListUserPoolClientSecrets: 'a client has two secrets at most',
  ListUserPoolReplicas: 'a pool has one region',
  ListWebAuthnCredentials: 'a user has 20 passkeys at most',
  ListUserSessions: 'a pool limits the sessions of a user',
  AdminListUserSessions: 'a pool limits the sessions of a user',
}
