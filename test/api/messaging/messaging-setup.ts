import { randomBytes } from 'node:crypto'
import { createSecrets, type Secrets } from '../../../src/base/secrets.ts'
import type { EmailMessage, SmsMessage } from '../../../src/messaging/message.ts'
import type { MessageContent } from '../../../src/messaging/message-content.ts'
import { queueMessage } from '../../../src/messaging/outbox.ts'
import type { MessagingLogger } from '../../../src/messaging/outbox-lane.ts'
import { standardAttributes } from '../../../src/pools/attribute-schema.ts'
import type { Pool } from '../../../src/pools/pool.ts'
import type { Db, Tx } from '../../../src/storage/db.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import type { TestEngine } from '../../support/engines.ts'
import { createTestClock, type TestClock } from '../../support/test-clock.ts'

/** What tests of messages need: a database, keys, a clock, and a log that can be read. */
export type MessagingSetup = AsyncDisposable & {
  readonly db: Db
  readonly url: string
  readonly secrets: Secrets
  readonly clock: TestClock
  readonly log: LogLine[]
  readonly logger: MessagingLogger
  commit<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

export type LogLine = { readonly level: string; readonly fields: object; readonly message: string }

export async function openMessagingSetup(engine: TestEngine): Promise<MessagingSetup> {
  const database = await engine.createDatabase()
  const storage = await openStorage({ url: database.url })
  await storage.migrate()
  const log: LogLine[] = []
  const write = (level: string) => (fields: object, message: string) => void log.push({ level, fields, message })
  return {
    db: storage.db,
    url: database.url,
    secrets: createSecrets(randomBytes(32)),
    clock: createTestClock(),
    log,
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
    commit: (work) => storage.db.transaction().execute(work),
    async [Symbol.asyncDispose]() {
      await storage.close()
      await database.drop()
    },
  }
}

/** A pool as CreateUserPool makes it from a name alone, with the differences in `changes`. */
export function testPool(changes: Partial<Pool> = {}): Pool {
  return {
    id: 'us-east-1_Messages1',
    name: 'test',
    createdAt: 0,
    updatedAt: 0,
    deletionProtection: false,
    passwordPolicy: {
      minimumLength: 8,
      requireUppercase: true,
      requireLowercase: true,
      requireNumbers: true,
      requireSymbols: true,
      historySize: undefined,
      temporaryPasswordValidityDays: 7,
    },
    allowedFirstFactors: ['PASSWORD'],
    triggers: { byName: {}, kmsKeyArn: undefined },
    autoVerifiedAttributes: [],
    aliasAttributes: [],
    usernameAttributes: [],
    caseSensitive: undefined,
    templates: templatesWith({}),
    mfa: 'OFF',
    mfaFactors: { sms: false, softwareToken: undefined, email: false },
    webAuthn: undefined,
    verifyBeforeUpdate: undefined,
    devices: undefined,
    email: { sendingAccount: 'COGNITO_DEFAULT', sourceArn: undefined, from: undefined, replyTo: undefined, configurationSet: undefined },
    sms: undefined,
    tags: {},
    adminCreatesUsersOnly: false,
    schema: standardAttributes,
    addOns: undefined,
    recovery: undefined,
    tier: 'ESSENTIALS',
    key: undefined,
    issuerType: undefined,
    acrValues: undefined,
    dynamicClientRegistration: undefined,
    sessionTracking: undefined,
    extensions: undefined,
    ...changes,
  }
}

export function templatesWith(changes: Partial<Pool['templates']>): Pool['templates'] {
  return {
    verifyBy: 'CONFIRM_WITH_CODE',
    verificationSms: undefined,
    verificationEmail: undefined,
    verificationSubject: undefined,
    linkEmail: undefined,
    linkSubject: undefined,
    mfaSms: undefined,
    mfaEmail: undefined,
    mfaSubject: undefined,
    inviteSms: undefined,
    inviteEmail: undefined,
    inviteSubject: undefined,
    ...changes,
  }
}

export function emailMessage(changes: Partial<EmailMessage> = {}): EmailMessage {
  return {
    channel: 'email',
    poolId: 'us-east-1_Messages1',
    sub: 'sub-of-ana',
    username: 'ana',
    trigger: 'sign-up',
    recipient: 'ana@example.test',
    code: '123456',
    expiresAt: Date.now() + 24 * 3_600_000,
    subject: 'Your verification code',
    html: 'Your verification code is 123456. ',
    text: 'Your verification code is 123456.',
    from: undefined,
    replyTo: undefined,
    sourceArn: undefined,
    configurationSet: undefined,
    ...changes,
  }
}

export function smsMessage(): SmsMessage {
  return {
    channel: 'sms',
    poolId: 'us-east-1_Messages1',
    sub: 'sub-of-ana',
    username: 'ana',
    trigger: 'forgot-password',
    recipient: '+15551234444',
    code: '123456',
    expiresAt: Date.now() + 3_600_000,
    text: 'Your verification code is 123456. ',
  }
}

/** Commits one text message to the outbox. */
export async function queueText(setup: MessagingSetup): Promise<void> {
  await setup.commit((tx) => queueMessage(tx, setup.secrets, { message: smsMessage(), now: setup.clock.now() }))
}

/** Commits one message to the outbox. */
export async function queue(setup: MessagingSetup, message: EmailMessage): Promise<void> {
  await setup.commit((tx) => queueMessage(tx, setup.secrets, { message, now: setup.clock.now() }))
}

/** The content of a message in a pool without triggers. */
export const plainContent: MessageContent = {
  callerContext: { clientId: undefined, clientMetadata: undefined, userAgent: undefined },
  recipient: { sub: 'ana', username: 'ana', userAttributes: {} },
  customMessage: undefined,
}
