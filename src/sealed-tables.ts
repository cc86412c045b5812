import { sealedAccessKeys } from './access/access-key-row.ts'
import { sealedProviderSignIns } from './federation/pending/provider-sign-in-repository.ts'
import { sealedIdentityPools } from './identity-pools/login-providers.ts'
import { sealedMessages } from './messaging/outbox.ts'
import { sealedClients } from './pools/app-client-row.ts'
import { sealedPools } from './pools/sealed-pools.ts'
import { sealedDeviceSteps } from './signin/factors/device/device-step.ts'
import type { SealedTable } from './storage/sealed-table.ts'
import { sealedSigningKeys } from './tokens/signing-key-row.ts'
import { sealedInvocations } from './triggers/invocations/invocation-row.ts'
import { sealedAnswers } from './triggers/invocations/last-answers.ts'
import { sealedKeptUsers } from './users/deleted-users/kept-user-repository.ts'
import { sealedDevices } from './users/devices/device.ts'
import { sealedChunks } from './users/import/import-chunk-repository.ts'
import { sealedImportJobs } from './users/import/records/record-options.ts'
import { sealedSoftwareTokens } from './users/mfa/software-token.ts'
import { sealedPasswords } from './users/passwords/sealed-password.ts'
import { sealedRecoveryCodes } from './users/recovery-codes/recovery-codes.ts'

/**
 * Every table with columns that are sealed under the master key. When the master key changes, the values are sealed anew in this order:
 * first the tables that servers cannot work without.
 */
export const sealedTables: readonly SealedTable[] = [
  sealedSigningKeys,
  sealedAccessKeys,
  sealedClients,
  ...sealedPools,
  sealedIdentityPools,
  ...sealedPasswords,
  sealedSoftwareTokens,
  sealedRecoveryCodes,
  sealedDevices,
  sealedKeptUsers,
  sealedDeviceSteps,
  sealedProviderSignIns,
  sealedMessages,
  sealedChunks,
  sealedImportJobs,
  sealedAnswers,
  sealedInvocations,
]
