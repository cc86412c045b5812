import { foundation } from './0001-foundation.ts'
import { poolResources } from './0002-pool-resources.ts'
import { groupsAndTrackedSessions } from './0003-groups-and-tracked-sessions.ts'
import { secondFactors } from './0004-second-factors.ts'
import { authEventsAndProvisionedLimits } from './0005-auth-events-and-provisioned-limits.ts'
import { passkeys } from './0006-passkeys.ts'
import { devices } from './0007-devices.ts'
import { userImport } from './0008-user-import.ts'
import { triggerInvocations } from './0009-trigger-invocations.ts'
import { messageRecords } from './0010-message-records.ts'
import { auditRecords } from './0011-audit-records.ts'
import { nodeHeartbeats } from './0012-node-heartbeats.ts'
import { deletedPoolsAndGroups } from './0013-deleted-pools-and-groups.ts'
import { likeness } from './0014-likeness.ts'
import { devicesOfSignIns } from './0015-devices-of-sign-ins.ts'
import { deletedUsers } from './0016-deleted-users.ts'
import { auditOfOperations } from './0017-audit-of-operations.ts'
import { identityPools } from './0018-identity-pools.ts'
import { roles } from './0019-roles.ts'
import { authorizationCodes } from './0020-authorization-codes.ts'
import { pushedRequests } from './0022-pushed-requests.ts'
import { deviceAuthorizations } from './0023-device-authorizations.ts'
import { clientRegistration } from './0024-client-registration.ts'
import { sessionClients } from './0025-session-clients.ts'
import { signInLinks } from './0028-sign-in-links.ts'
import { extensionsOfClients } from './0029-extensions-of-clients.ts'
import { auditOfSessions } from './0030-audit-of-sessions.ts'
import { providerSignIns } from './0031-provider-sign-ins.ts'
import { stuffing } from './0033-stuffing.ts'
import { logRecords } from './0034-log-records.ts'
import { emailChanges } from './0035-email-changes.ts'
import { riskCounters } from './0036-risk-counters.ts'
import { backupJobs } from './0037-backup-jobs.ts'
import { keptUsers } from './0038-kept-users.ts'
import { importFormats } from './0039-import-formats.ts'
import { formerPool } from './0040-former-pool.ts'
import { recoveryCodes } from './0041-recovery-codes.ts'
import { formerUsernames } from './0042-former-usernames.ts'
import { hiddenSignUps } from './0043-hidden-sign-ups.ts'
import { schemaChanges } from './0044-schema-changes.ts'
import { deviceKeys } from './0045-device-keys.ts'
import { schemaVersions } from './0046-schema-versions.ts'
import { coveringUserIndexes } from './0047-covering-user-indexes.ts'
import type { Migration } from './migration.ts'

/** In the order in which they are applied. Listed by hand, so that a bundle or a rename cannot lose one. */
export const migrations: readonly Migration[] = [
  foundation,
  poolResources,
  groupsAndTrackedSessions,
  secondFactors,
  authEventsAndProvisionedLimits,
  passkeys,
  devices,
  userImport,
  triggerInvocations,
  messageRecords,
  auditRecords,
  nodeHeartbeats,
  deletedPoolsAndGroups,
  likeness,
  devicesOfSignIns,
  deletedUsers,
  auditOfOperations,
  identityPools,
  roles,
  authorizationCodes,
  pushedRequests,
  deviceAuthorizations,
  clientRegistration,
  sessionClients,
  signInLinks,
  extensionsOfClients,
  auditOfSessions,
  providerSignIns,
  stuffing,
  logRecords,
  emailChanges,
  riskCounters,
  backupJobs,
  keptUsers,
  importFormats,
  formerPool,
  recoveryCodes,
  formerUsernames,
  hiddenSignUps,
  schemaChanges,
  deviceKeys,
  schemaVersions,
  coveringUserIndexes,
]
