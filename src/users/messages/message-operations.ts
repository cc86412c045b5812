import { listMessages } from './list-messages.operation.ts'
import { readMessageCode } from './read-message-code.operation.ts'
import { resendMessage } from './resend-message.operation.ts'

export const messageOperations = [listMessages, readMessageCode, resendMessage] as const
