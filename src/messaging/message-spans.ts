import { getActiveSpan, inSpan, isTracing, type SpanContext } from '../base/tracing.ts'
import { channelOfLane, type Lane } from './message.ts'

type Traced = { readonly poolId: string; readonly channel: Lane }

/** The spans in which this process queued messages, by message id. */
const queueingSpans = new Map<string, SpanContext>()

/** How many spans are remembered; the oldest are forgotten. Most messages are delivered at once. */
const mostRemembered = 1000

/** With tracing, the queueing of a message is a span. `queue` resolves with the id of the message. */
export function traceQueueing(message: Traced, queue: () => Promise<string>): Promise<string> {
  if (!isTracing()) return queue()
  return inSpan({ name: `queue ${channelOfLane(message.channel)}`, kind: 'producer', attributes: attributesOf(message) }, async () => {
    const id = await queue()
    remember(id, getActiveSpan()?.spanContext())
    return id
  })
}

function remember(id: string, span: SpanContext | undefined): void {
  if (span === undefined) return
  queueingSpans.set(id, span)
  const [oldest] = queueingSpans.keys()
  if (queueingSpans.size > mostRemembered && oldest !== undefined) queueingSpans.delete(oldest)
}

/** With tracing, each attempt to deliver a message begins a trace, with a link to the span in which the message was queued. */
export function traceAttempt(message: Traced & { readonly id: string }, gateway: string, attempt: () => Promise<void>): Promise<void> {
  if (!isTracing()) return attempt()
  const queued = queueingSpans.get(message.id)
  return inSpan(
    {
      name: `deliver ${channelOfLane(message.channel)}`,
      kind: 'consumer',
      attributes: { ...attributesOf(message), 'lifeguard.message.gateway': gateway },
      newTrace: { links: queued === undefined ? [] : [queued] },
    },
    attempt,
  )
}

function attributesOf({ poolId, channel }: Traced) {
  return { 'lifeguard.user_pool.id': poolId, 'lifeguard.message.channel': channelOfLane(channel) }
}
