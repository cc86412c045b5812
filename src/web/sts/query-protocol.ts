import { circumstanceRequestKeys } from '../../access/request-keys.ts'
import type { AssumeRoleDeps } from '../../access/sessions/assume-role.ts'
import { assumeRoleWithWebIdentity, type WebIdentitySession } from '../../authorization/sts/assume-role-with-web-identity.ts'
import type { Parameters } from '../../authorization/sts/parameters.ts'
import { accessDenied, StsError } from '../../authorization/sts/sts-error.ts'
import type { WebIdentityDeps } from '../../authorization/sts/web-identity-token.ts'
import { type ApiError, httpStatusOf } from '../../contract/api-error.ts'
import type { RequestLogFields } from '../request-log.ts'
import type { RpcHead } from '../rpc/dispatcher.ts'
import type { RpcAnswer, RpcProtocol } from '../rpc/protocol.ts'
import type { Throttle } from '../rpc/throttle.ts'
import type { IdentifyCaller } from './caller-identity.ts'
import { writeXml, type XmlContent } from './xml.ts'

type Options = {
  readonly services: AssumeRoleDeps & WebIdentityDeps
  readonly identifyCaller: IdentifyCaller
  readonly throttle: Throttle
}

/** A call that the STS understands, once its parameters are read. */
type Call = { readonly head: RpcHead; readonly body: Buffer; readonly parameters: Parameters; readonly logFields: RequestLogFields }

type Action = (options: Options, call: Call) => Promise<XmlContent>

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'
const version = '2011-06-15'
const mostBytes = 64 * 1024
const mostParameters = 100

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    'AssumeRoleWithWebIdentity',
    async ({ services, throttle }, { head, parameters }) => {
      // It costs about as much as GetCredentialsForIdentity, and so it counts as that for the request rates.
      throttle('GetCredentialsForIdentity', { address: head.context.ip })
      const { clock, region } = services
      const circumstances = () => ({ ...head.context, isSecure: head.isSecure, now: clock.now(), region })
      return writeSession(await assumeRoleWithWebIdentity(services, parameters, circumstanceRequestKeys(circumstances)))
    },
  ],
  [
    'GetCallerIdentity',
    async ({ identifyCaller }, { head, body, logFields }) => {
      const { keyId, arn, userId, accountId } = await identifyCaller(head, body)
      logFields.accessKeyId = keyId
      return { Arn: arn, UserId: userId, Account: accountId }
    },
  ],
])

/** Actions of AWS's STS that give the caller's own rights to somebody else, or need what this server does not have. */
const refused: ReadonlySet<string> = new Set(['AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoot', 'GetFederationToken', 'GetSessionToken'])

export const isQueryProtocol = (contentType: string | undefined): boolean =>
  /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '')

/** The STS, which speaks AWS's Query protocol: the parameters come as a form, and the answers are XML. */
export function stsProtocol(options: Options): RpcProtocol {
  return {
    open(head, logFields, requestId) {
      logFields.operation = 'sts'
      return {
        limits: { bytes: mostBytes },
        checkHead: undefined,
        async answer(body) {
          try {
            const parameters = readForm(body)
            const action = requireAction(parameters)
            logFields.operation = action.name
            const result = await action.run(options, { head, body, parameters, logFields })
            return { status: 200, headers: xmlHeaders, body: writeAnswer(action.name, result, requestId), errorCode: '' }
          } catch (error) {
            if (error instanceof StsError) return writeStsError(error, requestId)
            throw error
          }
        },
      }
    },
    writeError: (error, requestId) => writeStsError(new StsError(codeOf(error), error.message, { status: statusOf(error) }), requestId),
  }
}

/** @throws StsError when the body is no form, or has a parameter twice */
function readForm(body: Buffer): Parameters {
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body.toString())) {
    if (parameters.has(name)) throw new StsError('MalformedInput', `The parameter ${name.slice(0, 64)} was sent more than once.`)
    if (parameters.size >= mostParameters) throw new StsError('MalformedInput', `A call has at most ${mostParameters} parameters.`)
    parameters.set(name, value)
  }
  return parameters
}

function requireAction(parameters: Parameters): { readonly name: string; readonly run: Action } {
  const name = parameters.get('Action')
  if (name === undefined) throw new StsError('MissingAction', 'The request has no parameter Action.')
  const run = actions.get(name)
  const wanted = parameters.get('Version') ?? version
  if (run !== undefined && wanted === version) return { name, run }
  if (refused.has(name)) throw accessDenied(`sts:${name}; this server offers ${[...actions.keys()].join(' and ')}`)
  throw new StsError('InvalidAction', `Could not find operation ${name.slice(0, 64)} for version ${wanted.slice(0, 32)}`)
}

function writeSession({ audience, subject, provider, hasPolicy, ...role }: WebIdentitySession): XmlContent {
  return {
    SubjectFromWebIdentityToken: subject,
    Audience: audience,
    AssumedRoleUser: { Arn: role.arn, AssumedRoleId: role.userId },
    Credentials: {
      AccessKeyId: role.keyId,
      SecretAccessKey: role.secret,
      SessionToken: role.sessionToken,
      Expiration: new Date(role.expiresAt).toISOString(),
    },
    Provider: provider,
    PackedPolicySize: hasPolicy ? role.packedPercent : undefined,
  }
}

const xmlHeaders = { 'content-type': 'text/xml' }

const documentOf = (name: string, content: XmlContent) => `<${name} xmlns="${namespace}">${writeXml(content)}</${name}>\n`

function writeAnswer(action: string, result: XmlContent, requestId: string): string {
  return documentOf(`${action}Response`, { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } })
}

function writeStsError({ code, status, message }: StsError, requestId: string): RpcAnswer {
  const Type = status < 500 ? 'Sender' : 'Receiver'
  const body = documentOf('ErrorResponse', { Error: { Type, Code: code, Message: message }, RequestId: requestId })
  return { status, headers: xmlHeaders, body, errorCode: code }
}

/** The names and statuses that the Query protocol has for errors of the gate and of the listener. */
const codes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  ExpiredTokenException: ['ExpiredToken', 403],
  IncompleteSignatureException: ['IncompleteSignature', 403],
  InternalErrorException: ['InternalFailure', 500],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  MissingAuthenticationTokenException: ['MissingAuthenticationToken', 403],
  TooManyRequestsException: ['Throttling', 400],
  UnrecognizedClientException: ['InvalidClientTokenId', 403],
}

const codeOf = ({ code }: ApiError) => codes[code]?.[0] ?? code
const statusOf = ({ code }: ApiError) => codes[code]?.[1] ?? httpStatusOf(code)
