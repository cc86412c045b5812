import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { createWarningThrottle } from '../../src/base/warning-throttle.ts'
import { createHttpFunction } from '../../src/triggers/functions/http-function.ts'
import { createModuleFunction } from '../../src/triggers/functions/module-function.ts'
import { invokeFunction } from '../../src/triggers/invoke-function.ts'
import { recordingLogger } from '../support/functions.ts'

const question = {
  id: 'i-1',
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:any',
  poolId: 'us-east-1_AbCdEfGhI',
  event: '{}',
}

describe('An invocation of a function', () => {
  it('is not retried after its signal has aborted', async () => {
    const endpoint = createServer().listen(0, '127.0.0.1')
    await once(endpoint, 'listening')
    const { port } = endpoint.address() as AddressInfo
    const triggerFunction = createHttpFunction({ url: `http://127.0.0.1:${port}`, secret: undefined })
    const functions = { find: () => triggerFunction, close: triggerFunction.close }
    const nobodyWaits = new AbortController()
    let attempts = 0
    const terms = { timeoutMs: 60_000, retries: 5, signal: nobodyWaits.signal }
    const answer = invokeFunction(functions, question, terms, () => attempts++)
    await once(endpoint, 'request')
    nobodyWaits.abort()
    await assert.rejects(answer, { name: 'InvocationError' })
    assert.equal(attempts, 1)
    endpoint.closeAllConnections()
    endpoint.close()
  })

  it('fails with ServiceException when the machine cannot start a thread for its module', async () => {
    const { logger, lines } = recordingLogger()
    // Options that Node rejects stand for a machine that has no threads left.
    const environment = 0 as never
    const warnings = createWarningThrottle()
    const options = {
      functionName: 'any',
      path: '/any.mjs',
      memoryMegabytes: 128,
      concurrency: 2,
      environment,
      reload: false,
      logger,
      warnings,
    }
    const triggerFunction = createModuleFunction(options)
    const invocation = { ...question, deadline: Date.now() + 60_000 }
    const answers = await Promise.allSettled([1, 2, 3].map(() => triggerFunction.invoke(invocation, new AbortController().signal)))
    assert.deepEqual(
      answers.map((answer) => answer.status === 'rejected' && answer.reason.reason),
      ['ServiceException', 'ServiceException', 'ServiceException'],
    )
    assert.match(lines.join(), /could not be started/)
    await triggerFunction.close()
  })
})
