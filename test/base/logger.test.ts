import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogger, type LogFormat } from '../../src/base/logger.ts'

/** What the logger writes while `use` runs. */
function written(format: LogFormat, use: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = []
  use(createLogger({ level: 'info', format, write: (line) => void lines.push(line) }))
  return lines.join('')
}

const forged = 'x\n2026-11-28T20:00:00.000Z info  A circuit breaker closed'
const unprintable = '\u001b[31m\u009b\u007f\u2028\u202e'

describe('The text form of the log', () => {
  it('indents the further lines of a message and of an error, so that they cannot pass for lines of the log', () => {
    const text = written('text', (logger) => {
      logger.info(forged)
      logger.error({ err: new Error(forged) }, 'failed')
    })
    const lines = text.split('\n').filter((line) => /^\S/.test(line))
    assert.equal(lines.length, 2, text)
  })

  it('escapes characters that a terminal would obey, in messages, fields and errors', () => {
    const text = written('text', (logger) => logger.info({ name: unprintable, err: new Error(unprintable) }, unprintable))
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\u2028\u2029]/u)
    assert.match(text, /\\u\{1b\}/)
  })
})

describe('The log in both forms', () => {
  for (const format of ['text', 'json'] as const) {
    it(`shows errors whose causes are null or go in a circle, as ${format}`, () => {
      const circle = new Error('first')
      circle.cause = new Error('second', { cause: circle })
      const text = written(format, (logger) => {
        logger.error({ err: new Error('null', { cause: null }) }, 'one')
        logger.error({ err: circle }, 'two')
      })
      assert.ok(text.includes('second') && text.length < 20_000)
    })
  }

  for (const format of ['text', 'json'] as const) {
    it(`shows no raw character that a terminal would obey, also in names of fields, as ${format}`, () => {
      const text = written(format, (logger) => {
        logger.info({ [`a${unprintable}\n`]: unprintable, err: new Error(unprintable) }, `${unprintable}\u{e0001}`)
      })
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\u2028\u2029]/u)
      assert.equal(text.split('\n').filter((line) => /^\S/.test(line)).length, 1)
    })

    it(`shows errors whose members are no texts or cannot be read, as ${format}`, () => {
      const unreadable = new Error('unreadable')
      Object.defineProperty(unreadable, 'stack', { get: () => assert.fail('The stack was read.') })
      const text = written(format, (logger) => {
        logger.error({ err: Object.assign(new Error('odd'), { stack: {}, code: {} }) }, 'one')
        logger.error({ err: unreadable }, 'two')
      })
      assert.match(text, /odd/)
      assert.match(text, /two/)
    })
  }

  it('keeps the values of a line that it escapes in JSON', () => {
    const text = written('json', (logger) => logger.info({ name: unprintable }, `${unprintable}\u{e0001}`))
    const { name, msg } = JSON.parse(text)
    assert.deepEqual([name, msg], [unprintable, `${unprintable}\u{e0001}`])
  })
})
