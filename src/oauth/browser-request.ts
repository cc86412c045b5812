import type { RequestContext } from '../contract/operation.ts'
import type { WorkProof } from '../protection/stuffing/work-proof.ts'
import type { Parameters } from './parameters.ts'
import type { RequestHost } from './request-host.ts'

/** A request that a browser sends to a page of a pool. */
export type BrowserRequest = {
  readonly host: RequestHost
  /** The query of the address, as it was sent. */
  readonly query: string
  readonly context: RequestContext
  /** What the page's script tells about the browser in a form. Undefined without a form or without scripts. */
  readonly encodedData: string | undefined
  /** The answer of the page's script to a task in a form. Undefined without one. */
  readonly workProof: WorkProof | undefined
  /** The cookie with the browser's session in a pool, if it sent one. */
  sessionCookieOf(poolId: string): string | undefined
  /** The pools of which the browser sent a session cookie. On a domain it is the pool of the domain. */
  readonly sessionPoolIds: readonly string[]
  /** The cookie with the devices that the browser keeps for users of a pool, if it sent one. */
  deviceCookieOf(poolId: string): string | undefined
  /** Whether the user of the browser has declined a passkey on the pages of a pool. */
  hasDeclinedPasskey(poolId: string): boolean
  /** The cookie with what the user has to do next on the pages of a pool, if the browser sent one. */
  stepCookieOf(poolId: string): string | undefined
}

/** The field of forms in which the page's script tells about the browser. Cognito's has this name. */
export const encodedDataField = 'cognitoAsfData'

/** The most characters of EncodedData, as in the API. */
const longestEncodedData = 131_072

/** What the page's script tells about the browser in a form. Undefined where no script has filled the field. */
export function encodedDataIn(form: Parameters): string | undefined {
  const encoded = form.get(encodedDataField)
  return encoded === undefined || encoded === '' || encoded.length > longestEncodedData ? undefined : encoded
}

/** The fields of forms with a task for the page's script, and with its answer. */
export const workFields = { challenge: 'work_challenge', solution: 'work_solution' } as const

/** The answer of the page's script to the task in a form. */
export function workProofIn(form: Parameters): WorkProof | undefined {
  const [challenge, solution] = [form.get(workFields.challenge), form.get(workFields.solution)]
  return challenge && solution ? { challenge, solution } : undefined
}
