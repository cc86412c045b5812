import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

export type RecordedSpans = {
  /** All spans that have ended, of the trace or of all traces, in the order of their ends. */
  all(traceId?: string): readonly ReadableSpan[]
  /** Waits for a span that ends after the answer of its request. */
  waitFor(isWanted: (span: ReadableSpan) => boolean): Promise<ReadableSpan>
}

/** Sets up tracing in this process, as an operator does it with `--import`. Call it once in a test file, before the first server. */
export function recordSpans(): RecordedSpans {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }))
  const all = (traceId?: string) =>
    exporter.getFinishedSpans().filter((span) => traceId === undefined || span.spanContext().traceId === traceId)
  return {
    all,
    async waitFor(isWanted) {
      for (let tries = 0; tries < 500; tries++) {
        const span = all().find(isWanted)
        if (span !== undefined) return span
        await setTimeout(10)
      }
      throw new Error('The span did not end within five seconds.')
    },
  }
}

export const isFailed = ({ status }: ReadableSpan) => status.code === SpanStatusCode.ERROR

/** Headers that make the request a part of a trace that the caller has chosen. */
export type TraceHeaders = { readonly traceparent: string }

/**
 * What one request does: each statement, transaction and call that has a span, sorted. A message is delivered in a trace of its own, which
 * does not count.
 */
export async function workOf(spans: RecordedSpans, run: (headers: TraceHeaders) => Promise<unknown>): Promise<string[]> {
  const traceId = await traced(spans, run)
  return spans
    .all(traceId)
    .map(({ name, attributes }) => String(attributes['db.query.summary'] ?? name))
    .sort()
}

/** What the database is asked for the one request that `run` makes. A message is delivered in a trace of its own, which does not count. */
export async function statementsOf(spans: RecordedSpans, run: (headers: TraceHeaders) => Promise<unknown>): Promise<string[]> {
  const traceId = await traced(spans, run)
  const summaries = spans.all(traceId).map(({ attributes }) => attributes['db.query.summary'])
  return summaries.flatMap((summary) => (summary === undefined ? [] : [String(summary)]))
}

/** Resolves with the id of the request's trace, once the span of the request has ended. */
async function traced(spans: RecordedSpans, run: (headers: TraceHeaders) => Promise<unknown>): Promise<string> {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  await run({ traceparent: `00-${traceId}-${spanId}-01` })
  await spans.waitFor((span) => span.kind === SpanKind.SERVER && span.spanContext().traceId === traceId)
  return traceId
}
