import type { MessageKindName } from '../pools/message-templates.ts'
import type { AnswerReader } from './answer-reader.ts'
import type { CallerContext, Texts, TriggerSubject, Triggers } from './trigger.ts'
import { AnswerError } from './trigger-errors.ts'

/** What CustomMessage made of a message. Undefined members leave the pool's template. */
export type CustomMessageResponse = {
  readonly sms: string | undefined
  readonly email: string | undefined
  readonly subject: string | undefined
  /** Lifeguard's own: the code is made, and nothing is sent. */
  readonly suppressed: boolean
}

type Facts = TriggerSubject &
  CallerContext & {
    readonly kind: MessageKindName
    readonly channels: readonly ('email' | 'sms')[]
    /** Whether the message carries a link to click in place of a code. */
    readonly byLink: boolean
    readonly userAttributes: Texts
  }

/** The function never sees the code: it puts these where the code, the link and the name shall stand. */
const codeParameter = '{####}'
const linkParameter = '{##Click Here##}'
const usernameParameter = '{username}'
const anyLink = /\{##[^{}]+##\}/

/**
 * Undefined without such a trigger. Throws InvalidLambdaResponseException for a text that has no room for the code, unless it is an
 * invitation.
 */
export function invokeCustomMessage(triggers: Triggers, facts: Facts): Promise<CustomMessageResponse | undefined> {
  const { pool, kind, byLink, clientId, clientMetadata, userAgent, sub, username, userAttributes } = facts
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
    readTexts(answer, facts),
  )
}

function readTexts(answer: AnswerReader, { kind, channels, byLink }: Facts): CustomMessageResponse {
  const texts = { sms: answer.text('smsMessage'), email: answer.text('emailMessage'), subject: answer.text('emailSubject') }
  const suppressed = answer.choice('messageAction', ['SUPPRESS']) !== undefined
  if (suppressed) return { ...texts, suppressed }
  if (kind === 'AdminCreateUser') return { sms: ifInvites(texts.sms), email: ifInvites(texts.email), subject: texts.subject, suppressed }
  for (const channel of channels) {
    const body = texts[channel]
    if (body !== undefined) requireProof(`response.${channel}Message`, body, byLink && channel === 'email')
  }
  return { ...texts, suppressed }
}

/** An invitation without the name or the password goes out in the pool's own words, under the function's subject (observed). */
function ifInvites(body: string | undefined): string | undefined {
  return body?.includes(codeParameter) && body.includes(usernameParameter) ? body : undefined
}

/** A message without its code is of no use to anybody. */
function requireProof(path: string, body: string, byLink: boolean): void {
  const hasProof = byLink ? anyLink.test(body) : body.includes(codeParameter)
  if (!hasProof) throw new AnswerError(path, `${byLink ? linkParameter : codeParameter} in the text`, 'a text without it')
}
