import { circumstanceRequestKeys } from '../../../access/request-keys.ts'
import {
  type AssumeRoleWithWebIdentityDeps,
  assumeRoleWithWebIdentity,
  checkAssumption,
} from '../../../authorization/sts/assume-role-with-web-identity.ts'
import { type StsAction, type StsParameters, type StsResult, stsActions } from '../../../authorization/sts/sts-action.ts'
import { StsError } from '../../../authorization/sts/sts-error.ts'
import { shortened } from '../../../contract/violations.ts'
import type { RequestLogFields } from '../../request-log.ts'
import type { RpcHead } from '../dispatcher.ts'
import type { Protocol } from '../protocol.ts'
import { unsignedCallLimits } from '../request-limits.ts'
import type { Throttle } from '../throttle.ts'
import type { IdentifyCaller } from './caller-identity.ts'
import { readForm } from './form-body.ts'
import { queryFault, queryUnavailable, writeQueryRefusal, writeResult, xmlContentType } from './query-answer.ts'

const version = '2011-06-15'

/** The actions of AWS's STS that this server does not have. */
const otherActions: ReadonlySet<string> = new Set([
  'AssumeRole',
  'AssumeRoleWithSAML',
  'AssumeRoot',
  'DecodeAuthorizationMessage',
  'GetAccessKeyInfo',
  'GetDelegatedAccessToken',
  'GetFederationToken',
  'GetSessionToken',
  'GetWebIdentityToken',
])

type Options = {
  readonly services: AssumeRoleWithWebIdentityDeps
  readonly identifyCaller: IdentifyCaller
  readonly throttle: Throttle
}

/**
 * AWS's Query protocol, for its STS. The parameters are read from the body only: a token in a URL would end up in logs of proxies. The
 * body names the action, so a signature is checked once the body is there.
 */
export function createQueryProtocol(options: Options): Protocol {
  return {
    contentType: xmlContentType,
    writeRefusal: writeQueryRefusal,
    writeFault: (_cause, requestId) => queryFault(requestId),
    unavailable: queryUnavailable,
    open: (head, _logFields, requestId) => ({
      limits: unsignedCallLimits,
      checkHead: undefined,
      async answer(body, _checked, logFields) {
        const parameters = readForm(body)
        const action = readAction(parameters)
        logFields.operation = action
        const call = action === 'GetCallerIdentity' ? getCallerIdentity : assume
        return writeResult(action, await call(options, { head, body, parameters, logFields }), requestId)
      },
    }),
  }
}

/** @throws StsError MissingAction, InvalidAction or NoSuchVersion */
function readAction(parameters: StsParameters): StsAction {
  const name = parameters.get('Action')
  if (name === undefined || name === '') throw new StsError('MissingAction', 'The request is missing the parameter Action.')
  const action = stsActions.find((known) => known === name)
  if (action === undefined && otherActions.has(name)) {
    throw new StsError('InvalidAction', `Lifeguard does not support ${name}. Its STS has ${stsActions.join(' and ')}.`)
  }
  const given = parameters.get('Version')
  if (given !== undefined && given !== version) {
    throw new StsError('NoSuchVersion', `The requested version ( ${shortened(given)} ) of service AWSSecurityTokenService does not exist`)
  }
  if (action === undefined || given === undefined) {
    throw new StsError('InvalidAction', `Could not find operation ${shortened(name)} for version ${given ?? 'NO_VERSION_SPECIFIED'}`)
  }
  return action
}

type Call = {
  readonly head: RpcHead
  readonly body: Buffer
  readonly parameters: StsParameters
  readonly logFields: RequestLogFields
}

async function assume({ services, throttle }: Options, { head, parameters, logFields }: Call): Promise<StsResult> {
  const { ip, userAgent } = head.context
  const checked = checkAssumption(parameters)
  logFields.roleArn = checked.roleArn
  throttle('AssumeRoleWithWebIdentity', { address: ip })
  const { clock, region } = services
  const requestKeys = circumstanceRequestKeys(() => ({ ip, userAgent, isSecure: head.isSecure, now: clock.now(), region }))
  return assumeRoleWithWebIdentity(services, checked, { requestKeys })
}

async function getCallerIdentity({ identifyCaller, throttle }: Options, { head, body, logFields }: Call): Promise<StsResult> {
  const { accessKeyId, arn, accountId, userId } = await identifyCaller(head, body)
  logFields.accessKeyId = accessKeyId
  throttle('GetCallerIdentity', 'signed')
  return { Arn: arn, UserId: userId, Account: accountId }
}
