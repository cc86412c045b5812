import { noteSecrets } from './evidence.ts'
import { type PlainAnswer, plainRequest } from './production-server.ts'

export const formContentType = 'application/x-www-form-urlencoded; charset=utf-8'

export type StsAnswer = Omit<PlainAnswer, 'code'> & { readonly code: string | undefined; readonly message: string | undefined }

/** Sends a form to the STS as it is. */
export async function sendForm(
  { url }: { readonly url: string },
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<StsAnswer> {
  const { status, text } = await plainRequest(url, { headers: { 'content-type': formContentType, ...headers }, body })
  return { status, text, code: elementOf(text, 'Code'), message: elementOf(text, 'Message') }
}

/** Calls an action of the STS without a signature. */
export function callSts(server: { readonly url: string }, parameters: Readonly<Record<string, string>>): Promise<StsAnswer> {
  noteSecrets(parameters)
  return sendForm(server, new URLSearchParams({ Version: '2011-06-15', ...parameters }).toString())
}

/** The text of the first element with the name. The server writes its references as decimal numbers. */
export function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return text?.replace(/&#(\d+);/g, (_reference, code) => String.fromCodePoint(Number(code)))
}
