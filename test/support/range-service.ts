import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { useLocalServer } from './local-server.ts'

type Behaviour = { readonly status?: number; readonly body?: string } | 'hang' | 'answer'

/** SHA-1 in upper case, as lists of stolen passwords have it. */
export const sha1Of = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase()

/** A service that answers as Have I Been Pwned does: with other entries of the range, padding with count 0, and CRLF between the lines. */
export function useRangeService(stolen: readonly string[]) {
  let behaviour: Behaviour = 'answer'
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = []
  const origin = useLocalServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers })
    if (behaviour === 'hang') return
    if (behaviour !== 'answer') return void response.writeHead(behaviour.status ?? 200).end(behaviour.body ?? '')
    const prefix = (request.url ?? '').split('/').at(-1) ?? ''
    const found = stolen.map(sha1Of).filter((sha1) => sha1.startsWith(prefix))
    const lines = [
      ...found.map((sha1) => `${sha1.slice(5)}:42`),
      ...Array.from({ length: 800 }, (_, i) => `${sha1Of(`other ${prefix} ${i}`).slice(5)}:${i % 2 === 0 ? 3 : 0}`),
      `${sha1Of('Padded-horse-7').slice(5)}:0`,
    ]
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'public, max-age=2678400' })
    response.end(lines.sort().join('\r\n'))
  })
  return {
    origin,
    behave(next: Behaviour) {
      behaviour = next
    },
    requests,
  }
}
