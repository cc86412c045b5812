import { sweepAccessKeys } from './access/access-key-repository.ts'
import { sweepAuditRecords } from './audit/audit-repository.ts'
import { dayMs, hourMs } from './base/durations.ts'
import { sweepProviderSignIns } from './federation/pending/provider-sign-in-repository.ts'
import { createIdentityPoolRemoval } from './identity-pools/identity-pool-deletion-repository.ts'
import { keptAfterExpiryMs, sweepCodes } from './messaging/code-repository.ts'
import { sweepMessageCounts } from './messaging/message-count-repository.ts'
import { sweepMessageContents, sweepMessageRecords } from './messaging/message-record-repository.ts'
import { sweepInitialAccessTokens } from './oauth/client-registration/initial-access-tokens/initial-access-token-repository.ts'
import { sweepAuthorizationCodes } from './oauth/codes/authorization-code-repository.ts'
import { sweepDeviceAuthorizations } from './oauth/device-grant/device-authorization-repository.ts'
import { sweepPushedRequests } from './oauth/pushed-requests/pushed-request-repository.ts'
import { createPoolRemoval } from './pools/pool-deletion-repository.ts'
import { sweepBackupJobs } from './portability/backup-jobs/backup-job-repository.ts'
import { sweepAttempts } from './protection/attempt-repository.ts'
import { sweepAuthEvents } from './protection/auth-event-repository.ts'
import { decayCounters } from './protection/risk/counter-repository.ts'
import { sweepStuffing } from './protection/stuffing/stuffing-repository.ts'
import type { Settings } from './settings.ts'
import { sweepDeviceSteps } from './signin/factors/device/device-step-repository.ts'
import { sweepSignInLinks } from './signin/factors/sign-in-link/sign-in-link-repository.ts'
import { sweepConsumedStates } from './storage/consumed-state-repository.ts'
import { sweepHeartbeats } from './storage/heartbeat-repository.ts'
import type { Sweep } from './storage/sweeper.ts'
import { sweepSessions } from './tokens/session-repository.ts'
import { sweepRetiredKeys } from './tokens/signing-key-repository.ts'
import { sweepInvocations } from './triggers/invocations/invocation-repository.ts'
import { sweepEmailChanges } from './users/account-notices/email-change-repository.ts'
import { sweepKeptUsers } from './users/deleted-users/kept-user-repository.ts'
import { sweepExpiredSignUps } from './users/expired-sign-ups/expired-sign-ups.ts'
import { createMemberRemoval } from './users/groups/group-removal-repository.ts'
import { sweepChunks } from './users/import/import-chunk-repository.ts'
import { sweepUnstartedJobs } from './users/import/import-job-repository.ts'
import { sweepSeenNames } from './users/import/import-name-repository.ts'
import { sweepSessionClients } from './users/session-clients/session-client-repository.ts'
import { sweepHiddenSignUps } from './users/sign-up/hidden-sign-up-repository.ts'
import { createUserRemoval } from './users/user-removal-repository.ts'
import { refreshUserStatistics } from './users/user-statistics/refresh-user-statistics.ts'
import { sweepFormerUsernames } from './users/usernames/former-username-repository.ts'

type Retention = Pick<Settings, 'messageRecordsHours' | 'triggerRecordsHours' | 'auditDays' | 'auditStream' | 'authEventDays'>

/**
 * All sweeps. Most of them remove rows some time after the rows have expired, because requests may still need an expired row for a while.
 */
export function sweepsOf({ messageRecordsHours, triggerRecordsHours, auditDays, auditStream, authEventDays }: Retention): readonly Sweep[] {
  const [removeOfPools, removeOfGroups, removeOfUsers] = [createPoolRemoval(), createMemberRemoval(), createUserRemoval()]
  const removeOfIdentityPools = createIdentityPoolRemoval()
  const recordsMs = messageRecordsHours * hourMs
  return [
    ...sweeps,
    { name: 'records of messages', run: (tx, now, limit) => sweepMessageRecords(tx, now - recordsMs, limit) },
    { name: 'records of triggers', run: (tx, now, limit) => sweepInvocations(tx, now - triggerRecordsHours * hourMs, limit) },
    { name: 'auth events', run: (tx, now, limit) => sweepAuthEvents(tx, now - authEventDays * dayMs, limit) },
    {
      name: 'audit records',
      run: (tx, now, limit) => sweepAuditRecords(tx, { before: now - auditDays * dayMs, isStreamed: auditStream !== undefined }, limit),
    },
    // These sweeps come last, because there can be very many such rows. Their batches end after a time and not after `limit` rows. So a
    // batch that leaves work is reported as if it had found `limit` rows.
    { name: 'rows of deleted users', run: async (tx, now, limit) => ((await removeOfUsers(tx, now)) ? limit : 0) },
    { name: 'members of deleted groups', run: async (tx, now, limit) => ((await removeOfGroups(tx, now)) ? limit : 0) },
    { name: 'rows of deleted pools', run: async (tx, now, limit) => ((await removeOfPools(tx, now)) ? limit : 0) },
    { name: 'rows of deleted identity pools', run: async (tx, now, limit) => ((await removeOfIdentityPools(tx, now)) ? limit : 0) },
  ]
}

const sweeps: readonly Sweep[] = [
  { name: 'consumed sign-in states', run: sweepConsumedStates },
  { name: 'challenges to devices', run: sweepDeviceSteps },
  { name: 'codes', run: (tx, now, limit) => sweepCodes(tx, now - keptAfterExpiryMs, limit) },
  { name: 'contents of messages', run: sweepMessageContents },
  { name: 'counts of messages', run: sweepMessageCounts },
  // An attempt counts within a window. The longest window and the longest lock-out are both shorter than a day, so older rows have no
  // effect.
  { name: 'attempts', run: (tx, now, limit) => sweepAttempts(tx, now - dayMs, limit) },
  // Expired codes are kept for a while, so that their second use still revokes what the first one gave.
  { name: 'authorization codes', run: (tx, now, limit) => sweepAuthorizationCodes(tx, now - dayMs, limit) },
  { name: 'device authorizations', run: (tx, now, limit) => sweepDeviceAuthorizations(tx, now - dayMs, limit) },
  // An expired or used link is kept for a while, so that its page can lead the user on to the sign-in page.
  { name: 'links to sign in with', run: (tx, now, limit) => sweepSignInLinks(tx, now - dayMs, limit) },
  { name: 'changes of e-mail addresses', run: sweepEmailChanges },
  { name: 'backup jobs', run: (tx, now, limit) => sweepBackupJobs(tx, now - 90 * dayMs, limit) },
  { name: 'pushed authorization requests', run: sweepPushedRequests },
  { name: 'initial access tokens', run: sweepInitialAccessTokens },
  { name: 'sign-ins at identity providers', run: sweepProviderSignIns },
  { name: 'networks with failed sign-ins', run: sweepStuffing },
  { name: 'sessions', run: (tx, now, limit) => sweepSessions(tx, now - dayMs, limit) },
  // A server that was down for long logs what it gives up. So the row lasts a day longer.
  { name: 'clients of domain sessions', run: (tx, now, limit) => sweepSessionClients(tx, now - dayMs, limit) },
  // An access or ID token is valid for a day at most after its key was retired. The key stays published for a week, because verifiers may
  // cache the key set for some time.
  { name: 'retired signing keys', run: (tx, now, limit) => sweepRetiredKeys(tx, now - 7 * dayMs, limit) },
  { name: 'counts of sign-ins', run: (tx, now, limit) => decayCounters(tx, { before: now - dayMs, now }, limit) },
  { name: 'import jobs that were not started', run: sweepUnstartedJobs },
  { name: 'files of ended import jobs', run: (tx, _now, limit) => sweepChunks(tx, limit) },
  { name: 'names of ended dry runs', run: (tx, _now, limit) => sweepSeenNames(tx, limit) },
  { name: 'expired sign-ups', run: sweepExpiredSignUps },
  { name: 'expired hidden sign-ups', run: sweepHiddenSignUps },
  { name: 'kept users', run: sweepKeptUsers },
  { name: 'former usernames', run: sweepFormerUsernames },
  // Each batch refreshes the statistics of one pool, which takes a while. A batch that found such a pool is reported as if it had found
  // `limit` rows, so that the next pool follows.
  { name: 'user statistics', run: async (tx, now, limit) => ((await refreshUserStatistics(tx, now)) ? limit : 0) },
  { name: 'heartbeats of ended processes', run: (tx, now, limit) => sweepHeartbeats(tx, now - dayMs, limit) },
  { name: 'temporary access keys', run: (tx, now, limit) => sweepAccessKeys(tx, now - dayMs, limit) },
]
