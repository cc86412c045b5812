import { useLocalServer } from './local-server.ts'

type Document = { readonly status?: number; readonly text?: string }

/** A web server with one document at any path, such as the metadata of a provider. Call it in a `describe`, with whose tests it ends. */
export function useDocumentServer() {
  let document: Document = {}
  let requests = 0
  let waiting = 0
  let isHanging = false
  const origin = useLocalServer((_request, response) => {
    requests += 1
    waiting += 1
    response.on('close', () => {
      waiting -= 1
    })
    if (!isHanging) response.writeHead(document.status ?? 200).end(document.text ?? '')
  })
  return {
    origin,
    /** From now on it answers with this document. */
    serve(next: Document) {
      document = next
      isHanging = false
    },
    /** From now on it takes requests and does not answer. */
    hang() {
      isHanging = true
    },
    requests: () => requests,
    /** How many requests wait for an answer. */
    waiting: () => waiting,
  }
}
