import { isObject } from '../../base/is-object.ts'
import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'
import { ApiError } from '../../contract/api-error.ts'

/** The default base URL of each provider that verifies its own access tokens. */
const publicUrls = {
  'graph.facebook.com': 'https://graph.facebook.com',
  'www.amazon.com': 'https://api.amazon.com',
  'api.twitter.com': 'https://api.twitter.com',
} as const

export type ApiProvider = keyof typeof publicUrls

export type ProviderQuestion = {
  /** Begins with a slash. It follows the base URL of the provider. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

export type ProviderAnswer = { readonly status: number; readonly json: Readonly<Record<string, unknown>> }

/** The HTTP APIs of login providers whose tokens only the provider can verify. */
export type ProviderApis = {
  /** The base URL of the provider, without a slash at the end. */
  urlOf(provider: ApiProvider): string
  /**
   * Asks the questions at the same time. Returns the answers in the order of the questions, whatever their HTTP status.
   * @throws ApiError ExternalServiceException when an answer does not come in time, is too long, is a redirect, or is not a JSON object
   */
  ask(provider: ApiProvider, questions: readonly ProviderQuestion[]): Promise<readonly ProviderAnswer[]>
}

const timeoutMs = 4_000
const maxResponseBytes = 64 * 1024

type Options = {
  /** The value of `--login-provider-urls`: pairs `<provider>=<base URL>`, separated by commas. */
  readonly urls: string | undefined
  /** Runs work that a request only waits for; see Admission in web/overload. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

export function createProviderApis({ urls, withoutSlot }: Options): ProviderApis {
  const configured = readUrls(urls)
  const urlOf = (provider: ApiProvider) => configured.get(provider) ?? publicUrls[provider]
  const askOne = (provider: ApiProvider, { path, headers = {} }: ProviderQuestion) =>
    fetchJson(provider, { url: `${urlOf(provider)}${path}`, headers, allowPrivate: configured.has(provider) })
  return {
    urlOf,
    ask: (provider, questions) => withoutSlot(() => Promise.all(questions.map((question) => askOne(provider, question)))),
  }
}

function readUrls(text: string | undefined): ReadonlyMap<string, string> {
  const pairs = text?.split(',').map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1).replace(/\/+$/, '')] as const
  })
  return new Map(pairs)
}

type Fetch = { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly allowPrivate: boolean }

async function fetchJson(provider: ApiProvider, request: Fetch): Promise<ProviderAnswer> {
  try {
    const { status, body } = await requestOutbound({ ...request, method: 'GET', timeoutMs, maxResponseBytes })
    const json: unknown = JSON.parse(body.toString())
    if (isObject(json)) return { status, json }
  } catch (error) {
    if (!(error instanceof OutboundError || error instanceof SyntaxError)) throw error
    // A SyntaxError quotes the answer, which may contain the token.
    throw providerNotResponding(provider, error instanceof OutboundError ? error : undefined)
  }
  throw providerNotResponding(provider)
}

export function providerNotResponding(provider: ApiProvider, cause?: unknown): ApiError {
  return new ApiError('ExternalServiceException', `The identity provider ${provider} did not respond as expected.`, { cause })
}
