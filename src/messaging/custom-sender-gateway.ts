import { ApiError } from '../contract/api-error.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { hasCustomSender, invokeCustomSender } from '../triggers/custom-sender.ts'
import type { Triggers } from '../triggers/trigger.ts'
import type { EncryptCode } from './code-encryption.ts'
import { DeliveryError, type Gateway } from './gateways/gateway.ts'
import { type CustomSenderMessage, channelOfLane } from './message.ts'
import { kindNames } from './message-content.ts'

type Deps = { readonly pools: PoolCatalog; readonly triggers: Triggers; readonly encryptCode: EncryptCode }

/** Delivers messages through custom senders. A function that fails is tried again later, like a mail server that cannot be reached. */
export function createCustomSenderGateway({ pools, triggers, encryptCode }: Deps): Gateway<CustomSenderMessage> {
  return {
    kind: 'custom-sender',
    async deliver({ message }, signal) {
      const channel = channelOfLane(message.channel)
      const pool = await pools.findPool(message.poolId)
      const keyArn = pool?.triggers.kmsKeyArn
      if (pool === undefined || keyArn === undefined || !hasCustomSender(pool, channel)) {
        throw new DeliveryError('the pool no longer has a custom sender', { refused: true })
      }
      const { trigger: kind, code, clientId, clientMetadata, userAgent, sub, username, userAttributes } = message
      const text = kind === 'invitation' ? code && escapeTemporaryPassword(code) : code
      const encrypted = text === undefined ? null : await encryptCode(text, { poolId: pool.id, keyArn })
      const details = { clientId, clientMetadata, userAgent, sub, username, userAttributes }
      try {
        await invokeCustomSender(triggers, { pool, channel, kind: kindNames[kind], code: encrypted, ...details, signal })
      } catch (error) {
        throw new DeliveryError(reasonOf(error), { cause: error })
      }
    },
  }
}

/** Escapes a temporary password for HTML, as Cognito does. */
function escapeTemporaryPassword(password: string): string {
  return password.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * Why a delivery failed, for the log and the message record. The text never holds the message of a function's error, because that message
 * may quote the code.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.name : 'unknown failure'
  return error.code === 'UserLambdaValidationException' ? 'the custom sender failed' : error.message
}
