import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import {
  type Attributes,
  context,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from '@opentelemetry/api'

export type { SpanContext }

/** Undefined if the operator has set up no tracing. The provider belongs to the process, and so does this variable. */
let tracer: Tracer | undefined

/**
 * Decides whether the servers of this process record spans: if a provider is registered now. Call it before anything else is opened.
 * Without a provider the other functions of this file do nothing, and the modules leave out the code that traces. See docs/decisions/0013.
 */
export function startTracing(): void {
  const provider = trace.getTracerProvider()
  const withoutProvider = new ProxyTracerProvider().getDelegate()
  const isRegistered = !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== withoutProvider
  tracer = isRegistered ? provider.getTracer('lifeguard') : undefined
}

/** How long `flushSpans` waits for the exporter. */
const flushMs = 2000

/** Makes the provider export the spans that it still holds. Call it before the process ends. Never rejects. */
export async function flushSpans(): Promise<void> {
  if (tracer === undefined) return
  const flushed = new AbortController()
  const flushing = flush().catch(() => undefined)
  await Promise.race([flushing, setTimeout(flushMs, undefined, { signal: flushed.signal })])
  flushed.abort()
}

/** OpenTelemetry's API returns a proxy of the provider that the SDK registered. Only the SDK's provider itself has `forceFlush`. */
async function flush(): Promise<void> {
  const provider = trace.getTracerProvider()
  const registered: object = 'getDelegate' in provider ? (provider as ProxyTracerProvider).getDelegate() : provider
  await (registered as { forceFlush?(): Promise<void> }).forceFlush?.()
}

export function isTracing(): boolean {
  return tracer !== undefined
}

/** @NOTE Attributes hold ids and names from fixed lists. Never a user name, an address, a code, a token, a body or the text of an error. */
export type SpanAttributes = Attributes

const kinds = { client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const

type SpanOptions = {
  readonly name: string
  readonly kind: keyof typeof kinds
  readonly attributes: SpanAttributes
  /** Makes the span the first one of a new trace, with links to these spans. Without it, the span is a child of the active span. */
  readonly newTrace?: { readonly links: readonly SpanContext[] }
}

/** Runs work inside a span. An error of the work is the error of the span. */
export function inSpan<T>({ name, kind, attributes, newTrace }: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (tracer === undefined) return work()
  const parent = newTrace === undefined ? context.active() : ROOT_CONTEXT
  const links = (newTrace?.links ?? []).map((linked) => ({ context: linked }))
  const span = tracer.startSpan(name, { kind: kinds[kind], attributes, links }, parent)
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await work()
    } catch (error) {
      markFailed(span, errorTypeOf(error))
      throw error
    } finally {
      span.end()
    }
  })
}

/** Runs work outside of any span, because it goes on after the request that begins it. */
export function outsideSpans<T>(work: () => T): T {
  return tracer === undefined ? work() : context.with(ROOT_CONTEXT, work)
}

/**
 * Starts a span that gets no children. The caller ends it with `endSpan`. Undefined unless the active span is recorded and has not ended:
 * otherwise each statement of a background task would be a trace of its own.
 */
export function startLeafSpan(name: string, attributes: SpanAttributes): Span | undefined {
  if (!trace.getActiveSpan()?.isRecording()) return undefined
  return tracer?.startSpan(name, { kind: SpanKind.CLIENT, attributes })
}

type RequestSpan = { readonly name: string; readonly attributes: SpanAttributes }

/**
 * Runs `work` inside the span of an incoming request. If the headers name a span of the caller, that span is the parent. `work` ends the
 * span of the request. Call it only with tracing: without tracing, `work` does not run.
 */
export function inRequestSpan(headers: IncomingHttpHeaders, { name, attributes }: RequestSpan, work: (span: Span) => void): void {
  // Not the active context: a connection may still carry the context of its previous request.
  const parent = propagation.deleteBaggage(propagation.extract(ROOT_CONTEXT, headers, callerHeaders))
  const span = tracer?.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
  if (span !== undefined) context.with(trace.setSpan(parent, span), () => work(span))
}

/** Baggage and `tracestate` are not read: they would be passed on to trigger functions, and any client may send any text in them. */
const unreadHeaders: ReadonlySet<string> = new Set(['baggage', 'tracestate'])

const callerHeaders: TextMapGetter<IncomingHttpHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => (unreadHeaders.has(name) ? undefined : headers[name]),
}

/** The headers by which the receiver of a request continues the trace. Empty without tracing. */
export function traceHeaders(): Readonly<Record<string, string>> {
  if (tracer === undefined) return noHeaders
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}

const noHeaders = Object.freeze({})

/** Undefined without tracing, and outside of any span. */
export function getActiveSpan(): Span | undefined {
  return tracer && trace.getActiveSpan()
}

/** Ends a span. `error` is what the traced work failed with. */
export function endSpan(span: Span | undefined, attributes: SpanAttributes = {}, error?: unknown): void {
  if (error !== undefined) markFailed(span, errorTypeOf(error))
  span?.setAttributes(attributes).end()
}

/** `errorType` is the name or code of an error. The text of an error may hold data of users, so spans never get it. */
export function markFailed(span: Span | undefined, errorType: string): void {
  span?.setAttribute('error.type', errorType).setStatus({ code: SpanStatusCode.ERROR })
}

function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : error.constructor.name
}
