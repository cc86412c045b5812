import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogger } from '../../src/base/logger.ts'
import type { InvocationRecord } from '../../src/triggers/invocations/invocation.ts'
import { createFailureLog } from '../../src/triggers/log-failure.ts'

const userAttributes = {
  email: 'ana@example.test',
  phone_number: '+15550100',
  name: 'Ana Liddell',
  'cognito:email_alias': 'alias@example.test',
}
const failed = {
  poolId: 'pool',
  trigger: 'PreSignUp',
  functionArn: 'arn',
  outcome: 'FAILED',
  event: { userName: 'ana-the-user', request: { userAttributes } },
} as unknown as InvocationRecord

/** The line of the log about a trigger that failed with this error. */
function lineOf(error: unknown): string {
  const lines: string[] = []
  createFailureLog(createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) }), { now: () => 0 })(failed, error)
  return lines.join('')
}

describe('The line about a failed trigger', () => {
  for (const personal of ['ana-the-user', ...Object.values(userAttributes)]) {
    it(`does not name ${personal}, wherever the error of the function quotes it`, () => {
      const error = new Error(`no ${personal}`, { cause: new Error(`since ${personal}`) })
      const line = lineOf(Object.assign(error, { name: `Name ${personal}`, code: personal }))
      assert.match(line, /no \*\*\*/)
      assert.ok(!line.includes(personal), line)
    })
  }

  it('ends when the causes of the error go in a circle', () => {
    const circle = new Error('first')
    circle.cause = new Error('second', { cause: circle })
    assert.match(lineOf(circle), /second/)
  })

  it('is written when the stack of the error is no text', () => {
    assert.match(lineOf(Object.assign(new Error('odd'), { stack: {} })), /odd/)
  })
})
