import type { Lifeguard, Message } from './lifeguard.ts'

/** `dev` accepts any credentials. */
const credentials = { accessKeyId: 'lifeguard', secretAccessKey: 'lifeguard' }

/** How long a request to the server may take. */
const requestMs = 30_000

/** What a test can do with the server at `url`. `stop` ends it. */
export function lifeguardAt(url: string, region: string, stop: () => Promise<void>): Lifeguard {
  let stopping: Promise<void> | undefined
  const stopOnce = () => {
    stopping ??= stop()
    return stopping
  }
  const messages = async (recipient?: string) => {
    const query = recipient === undefined ? '' : `?recipient=${encodeURIComponent(recipient)}`
    return (await ask(`${url}/inbox/api/messages${query}`)) as Message[]
  }
  return {
    url,
    region,
    clientConfig: { endpoint: url, region, credentials },
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    call: (operation, request = {}) => call(url, operation, request),
    messages,
    async code(recipient) {
      const found = (await messages(recipient)).find(({ code }) => code !== null)?.code
      if (found != null) return found
      throw new Error(`No message with a code was sent to ${recipient}.`)
    },
    async now() {
      const { now } = (await ask(`${url}/_test/clock`)) as { now: string }
      return new Date(now)
    },
    async advanceClock(seconds) {
      await ask(`${url}/_test/clock`, { advanceSeconds: seconds })
    },
    async reset() {
      await ask(`${url}/_test/reset`, {})
    },
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
  }
}

async function call(url: string, operation: string, request: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `LifeguardService.${operation}` },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(requestMs),
  })
  const text = await response.text()
  const answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  if (response.ok) return answer
  const error = new Error(String(answer['message']))
  error.name = String(answer['__type'])
  throw error
}

/** @throws Error with the message of the server when it refuses the request */
async function ask(url: string, body?: object): Promise<unknown> {
  const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(requestMs) })
  const answer: unknown = await response.json()
  if (!response.ok) throw new Error((answer as { message: string }).message)
  return answer
}
