import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

type Answer = { readonly status: number; readonly body: object }
type Respond = (request: IncomingMessage, response: ServerResponse) => void

const facebookError = (code: number): Answer => ({ status: 400, body: { error: { message: 'x', type: 'OAuthException', code } } })

function newState() {
  return {
    /** Replaces all answers. */
    respond: undefined as Respond | undefined,
    /** Replaces members of the answers of the API of Amazon. */
    amazon: {} as Record<string, unknown>,
    /** The code of the errors of the Graph API. */
    facebookErrorCode: 190,
    /** The paths of all requests. */
    requests: [] as string[],
    /** The OAuth 1.0a nonces of all requests to X. */
    nonces: [] as string[],
  }
}

/** Facebook, Amazon and X on a loopback address. Each has a user `100` with a token for its app `shop`, and one for another app. */
export async function openLoginProviders() {
  const state = newState()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', base)
    state.requests.push(url.pathname)
    if (state.respond !== undefined) return state.respond(request, response)
    const { authorization = '' } = request.headers
    const answer = (answers[url.pathname.split('/')[1] ?? ''] ?? notFound)(state, url, authorization)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    state,
    url: base,
    /** The value of `--login-provider-urls`. */
    setting: `graph.facebook.com=${base}/facebook,www.amazon.com=${base}/amazon/,api.twitter.com=${base}/twitter`,
  }
}

type AnswerOf = (state: ReturnType<typeof newState>, url: URL, authorization: string) => Answer

const notFound: AnswerOf = () => ({ status: 404, body: {} })

const facebook: AnswerOf = ({ facebookErrorCode }, url, authorization) => {
  const token = authorization.replace(/^Bearer /, '')
  if (token !== 'good' && token !== 'foreign') return facebookError(facebookErrorCode)
  if (url.pathname === '/facebook/app') return { status: 200, body: { id: token === 'good' ? '7001' : '7002' } }
  return url.pathname === '/facebook/me' ? { status: 200, body: { id: '100' } } : facebookError(2500)
}

const amazon: AnswerOf = (state, url) => {
  const token = url.searchParams.get('access_token')
  if (url.pathname !== '/amazon/auth/o2/tokeninfo') return { status: 404, body: {} }
  if (token !== 'Atza|good' && token !== 'Atza|foreign') return { status: 400, body: { error: 'invalid_token' } }
  const [aud, app_id] = token === 'Atza|good' ? ['client-shop', 'app-shop'] : ['client-else', 'app-else']
  return { status: 200, body: { iss: 'https://www.amazon.com', user_id: 'amzn1.100', aud, app_id, exp: 3597, iat: 1, ...state.amazon } }
}

const twitter: AnswerOf = (state, url, authorization) => {
  const { oauth_signature: signature = '', ...rest } = readOAuth(authorization)
  state.nonces.push(rest['oauth_nonce'] ?? '')
  const isKnown = rest['oauth_consumer_key'] === 'shop-key' && rest['oauth_token'] === '100-token'
  const isRight = signature === signatureOf(url, rest, 'shop-secret&token-secret')
  if (url.pathname !== '/twitter/1.1/account/verify_credentials.json') return { status: 404, body: {} }
  if (!isKnown || !isRight) return { status: 401, body: { errors: [{ code: isKnown ? 32 : 89, message: 'x' }] } }
  return { status: 200, body: { id: 100, id_str: '100' } }
}

const answers: Readonly<Record<string, AnswerOf>> = { facebook, amazon, twitter }

function readOAuth(header: string): Record<string, string> {
  const pairs = [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decodeURIComponent(value)])
  return Object.fromEntries(pairs)
}

/** The signature by RFC 5849 §3.4.2, for parameters without special characters. */
function signatureOf(url: URL, parameters: Record<string, string>, key: string): string {
  const all = [...url.searchParams, ...Object.entries(parameters)].map(([name, value]) => `${name}=${value}`).sort()
  const text = `GET&${encodeURIComponent(url.origin + url.pathname)}&${encodeURIComponent(all.join('&'))}`
  return createHmac('sha1', key).update(text).digest('base64')
}
