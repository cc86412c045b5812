import type { MessageKindName } from '../pools/message-templates.ts'
import type { AnswerReader } from './answer-reader.ts'
import type { CallerContext, Texts, TriggerSubject, Triggers } from './trigger.ts'
import { AnswerError } from './trigger-errors.ts'

/** The texts that the CustomMessage function wrote. For an undefined text, the pool's template is used. */
export type CustomMessageResponse = {
  readonly sms: string | undefined
  readonly email: string | undefined
  readonly subject: string | undefined
  /** Whether the function asked that no message is sent. The code is created anyway. Cognito does not have this choice. */
  readonly suppressed: boolean
}

type CustomMessageRequest = TriggerSubject &
  CallerContext & {
    readonly kind: MessageKindName
    readonly channels: readonly ('email' | 'sms')[]
    /** Whether the message carries a link instead of a code. */
    readonly byLink: boolean
    readonly userAttributes: Texts
  }

/** Placeholders for the code, the link and the username. The function never sees the code itself. */
const codeParameter = '{####}'
const linkParameter = '{##Click Here##}'
const usernameParameter = '{username}'
const anyLink = /\{##[^{}]+##\}/

/**
 * Invokes CustomMessage. Undefined when the pool has no such trigger, or when the function failed and its policy says to continue.
 * @throws ApiError InvalidLambdaResponseException for a text without a placeholder for the code or link, unless the message is an
 *   invitation or suppressed.
 */
export function invokeCustomMessage(triggers: Triggers, details: CustomMessageRequest): Promise<CustomMessageResponse | undefined> {
  const { pool, kind, byLink, clientId, clientMetadata, userAgent, sub, username, userAttributes } = details
  const request = {
    userAttributes,
    codeParameter,
    ...(byLink && { linkParameter }),
    usernameParameter: kind === 'AdminCreateUser' ? usernameParameter : null,
    ...(clientMetadata && { clientMetadata }),
  }
  const response = { smsMessage: null, emailMessage: null, emailSubject: null }
  const source = `CustomMessage_${kind}`
  return triggers.invoke({ pool, trigger: 'CustomMessage', source, clientId, username, sub, userAgent, request, response }, (answer) =>
    readTexts(answer, details),
  )
}

function readTexts(answer: AnswerReader, { kind, channels, byLink }: CustomMessageRequest): CustomMessageResponse {
  const texts = { sms: answer.text('smsMessage'), email: answer.text('emailMessage'), subject: answer.text('emailSubject') }
  const suppressed = answer.choice('messageAction', ['SUPPRESS']) !== undefined
  if (suppressed) return { ...texts, suppressed }
  if (kind === 'AdminCreateUser') return { sms: ifComplete(texts.sms), email: ifComplete(texts.email), subject: texts.subject, suppressed }
  for (const channel of channels) {
    const body = texts[channel]
    if (body !== undefined) requirePlaceholder(`response.${channel}Message`, body, byLink && channel === 'email')
  }
  return { ...texts, suppressed }
}

/**
 * The body that the function wrote for an invitation. Undefined when that body lacks the placeholder for the username or for the password.
 * In that case the pool's own body is sent, with the subject that the function wrote (observed).
 */
function ifComplete(body: string | undefined): string | undefined {
  return body?.includes(codeParameter) && body.includes(usernameParameter) ? body : undefined
}

/** @throws AnswerError for a text that would be sent without its code or link. */
function requirePlaceholder(path: string, body: string, byLink: boolean): void {
  const isPresent = byLink ? anyLink.test(body) : body.includes(codeParameter)
  if (!isPresent) throw new AnswerError(path, `${byLink ? linkParameter : codeParameter} in the text`, 'a text without it')
}
