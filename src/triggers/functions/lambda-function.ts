import type { LambdaClient } from '@aws-sdk/client-lambda'
import { FunctionError, InvocationError, timedOut } from '../trigger-errors.ts'
import { type Invocation, parseAnswer, type TriggerFunction } from './function.ts'

type Options = {
  /** Undefined for the region in the function's ARN. */
  readonly region: string | undefined
  /** Undefined for AWS's own endpoint. */
  readonly endpoint: string | undefined
}

type Sdk = typeof import('@aws-sdk/client-lambda')

/** A function at AWS Lambda or at a server with the same API. The AWS SDK finds the credentials by its standard chain. */
export function createLambdaFunction({ region, endpoint }: Options): TriggerFunction {
  const clients = new Map<string, LambdaClient>()

  function clientFor({ LambdaClient }: Sdk, functionArn: string): LambdaClient {
    const clientRegion = region ?? regionIn(functionArn)
    // The SDK must not retry, because the policy of the trigger decides about retries.
    const client =
      clients.get(clientRegion) ?? new LambdaClient({ region: clientRegion, maxAttempts: 1, ...(endpoint !== undefined && { endpoint }) })
    clients.set(clientRegion, client)
    return client
  }

  return {
    async invoke(invocation, signal) {
      // Loaded late, because it is slow to load and few installations have functions at Lambda.
      const sdk = await import('@aws-sdk/client-lambda')
      const command = new sdk.InvokeCommand({
        FunctionName: invocation.functionArn,
        InvocationType: 'RequestResponse',
        Payload: Buffer.from(invocation.event),
        ClientContext: clientContextOf(invocation),
      })
      try {
        const { FunctionError: failed, Payload } = await clientFor(sdk, invocation.functionArn).send(command, { abortSignal: signal })
        const answer = parseAnswer(Buffer.from(Payload ?? []).toString())
        if (failed === undefined) return answer
        throw functionErrorOf(answer)
      } catch (error) {
        if (error instanceof FunctionError || error instanceof InvocationError) throw error
        if (signal.aborted) throw signal.reason ?? timedOut()
        throw invocationErrorOf(error)
      }
    },

    async close() {
      for (const client of clients.values()) client.destroy()
    },
  }
}

/** The region becomes part of the host name that gets our credentials, so it is checked: the API accepts almost any text as an ARN. */
function regionIn(functionArn: string): string {
  const region = functionArn.split(':')[3] ?? ''
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return region
  throw new InvocationError('ResourceNotFoundException', {
    retryable: false,
    detail: `The ARN of the function has no AWS region: ${functionArn}`,
  })
}

/** Lambda gives each attempt another id. The id that stays the same in retries is in the function's `context.clientContext`. */
function clientContextOf({ id }: Invocation): string {
  return Buffer.from(JSON.stringify({ custom: { invocationId: id } })).toString('base64')
}

/** Errors of Lambda's runtimes, such as a timeout, have these prefixes. Errors that a function throws have other names. */
function functionErrorOf(answer: unknown): FunctionError {
  const { errorMessage, errorType } = (answer ?? {}) as { errorMessage?: unknown; errorType?: unknown }
  const text = typeof errorMessage === 'string' ? errorMessage : ''
  return new FunctionError(text, { refuses: !/^(Runtime|Sandbox|Function|Extension)\./.test(String(errorType)) })
}

function invocationErrorOf(error: unknown): InvocationError {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode
  // An error without a status means that there was no answer.
  if (status === undefined && name !== 'CredentialsProviderError') return new InvocationError('ServiceException', { cause: error })
  const retryable = status === 429 || (status ?? 0) >= 500
  return new InvocationError(name ?? 'ServiceException', { retryable, cause: error })
}
