import { BlockList, isIP } from 'node:net'
import type { ValueMatcher } from './condition.ts'
import { expand, isLike, type PolicyText, UndecidableError } from './policy-text.ts'

/** An operator of conditions, without prefix and suffix. */
export type Operator = {
  readonly negated: boolean
  /** JSON types of values other than strings. */
  readonly jsonType: 'number' | 'boolean' | undefined
} & (
  | { readonly hasVariables: true; readonly form: string; compile(value: PolicyText): ValueMatcher | undefined }
  /** Returns undefined when the value does not have the form. */
  | { readonly hasVariables: false; readonly form: string; compile(value: string): ValueMatcher | undefined }
)

type Compile = (value: string) => ValueMatcher | undefined

const text = (negated: boolean, compile: (value: PolicyText) => ValueMatcher | undefined, form = 'a text'): Operator => ({
  negated,
  jsonType: undefined,
  hasVariables: true,
  form,
  compile,
})
const plain = (negated: boolean, form: string, compile: Compile, jsonType?: 'number' | 'boolean'): Operator => ({
  negated,
  jsonType,
  hasVariables: false,
  form,
  compile,
})

const equals = (policyText: PolicyText): ValueMatcher => {
  return (value, keys) => expand(policyText, keys) === value
}
const equalsIgnoreCase = (policyText: PolicyText): ValueMatcher => {
  return (value, keys) => {
    const wanted = expand(policyText, keys)
    return wanted !== undefined && foldCase(wanted) === foldCase(value)
  }
}
/**
 * Folds the letters A to Z only. Unicode's rules would make different texts equal, such as the Kelvin sign and k, and a user who may choose
 * one of them would get what the other one is allowed.
 */
const foldCase = (value: string) => value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const isLikeText = (policyText: PolicyText): ValueMatcher => {
  return (value, keys) => isLike(policyText, value, keys)
}

/** Each of the six parts of an ARN is compared by itself, so that a `*` does not reach over a colon. */
function isLikeArn(policyText: PolicyText): ValueMatcher | undefined {
  const [head, ...rest] = typeof policyText === 'string' ? [{ pattern: policyText }] : policyText
  if (head === undefined) return undefined
  if (!('pattern' in head)) {
    // A whole ARN in one variable.
    return rest.length === 0 && 'key' in head ? (value, keys) => isArn(value) && expand(policyText, keys) === value : undefined
  }
  const { parts, tail } = splitArn(head.pattern)
  if (parts[0] !== 'arn' || tail === undefined || parts.some((part) => /\s/.test(part))) return undefined
  const resource: PolicyText = rest.length === 0 ? tail : [{ pattern: tail }, ...rest]
  return (value, keys) => {
    const arn = splitArn(value)
    if (arn.tail === undefined || arn.parts[0] !== 'arn') return false
    return parts.every((part, i) => isLike(part, arn.parts[i] ?? '', keys)) && isLike(resource, arn.tail, keys)
  }
}

/** The first five parts of an ARN, and the rest, which may have colons. */
function splitArn(arn: string): { parts: readonly string[]; tail: string | undefined } {
  const all = arn.split(':')
  return { parts: all.slice(0, 5), tail: all.length < 6 ? undefined : all.slice(5).join(':') }
}

function isArn(value: string): boolean {
  const { parts, tail } = splitArn(value)
  return parts[0] === 'arn' && tail !== undefined
}

type Comparison = (requested: number, ofPolicy: number) => boolean

const comparisons: Readonly<Record<string, Comparison>> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThan: (a, b) => a > b,
  GreaterThanEquals: (a, b) => a >= b,
}

/** A value of the request that cannot be read is neither equal, nor less, nor greater: then the request is denied. */
function comparing(read: (value: string) => number | undefined, compare: Comparison, form: string): Compile {
  return (source) => {
    const ofPolicy = read(source)
    if (ofPolicy === undefined) return undefined
    return (value) => {
      const requested = read(value)
      if (requested === undefined) throw new UndecidableError(`The request has ${JSON.stringify(value.slice(0, 64))} in place of ${form}.`)
      return compare(requested, ofPolicy)
    }
  }
}

/** More digits would be rounded, so that unequal numbers would be equal. */
function readNumber(value: string): number | undefined {
  return /^[+-]?\d+(?:\.\d+)?$/.test(value) && value.replace(/\D/g, '').length <= 15 ? Number(value) : undefined
}

/** Epoch milliseconds of an ISO 8601 date, with or without a time, or of epoch seconds. */
function readDate(value: string): number | undefined {
  if (/^\d{1,12}$/.test(value)) return Number(value) * 1000
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|[+-]\d\d:\d\d))?$/.exec(value) ?? []
  if (day === undefined) return undefined
  const ms = Date.parse(value)
  // A day such as February 30 is a day of March to Date.parse.
  const midnight = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(ms) || Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  return time?.startsWith('24') ? undefined : ms
}

const isTruth: Compile = (source) => {
  const wanted = source.toLowerCase()
  return wanted === 'true' || wanted === 'false' ? (value) => value.toLowerCase() === wanted : undefined
}

const isBinary: Compile = (source) => {
  const bytes = Buffer.from(source, 'base64')
  return bytes.toString('base64') === source ? (value) => value === source : undefined
}

const isInNetwork: Compile = (source) => {
  const [address = '', prefix] = source.split('/')
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  const size = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (version === 0 || address.includes('%') || source.split('/').length > 2 || size < 0 || size > bits) return undefined
  const network = new BlockList()
  network.addSubnet(address, size, version === 4 ? 'ipv4' : 'ipv6')
  return (value) => {
    const requested = value.includes('%') ? 0 : isIP(value)
    return requested !== 0 && network.check(value, requested === 4 ? 'ipv4' : 'ipv6')
  }
}

const arnForm = 'an ARN of six parts, in which variables stand after the fifth colon'
const addressForm = 'an IP address or network, such as "203.0.113.0/24"'
const numberForm = 'a number of at most 15 digits'
const dateForm = 'a date in ISO 8601, such as "2030-01-31T12:00:00Z", or epoch seconds'

/** All operators except `Null`, which looks at the presence of a key only. */
export const operators: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', text(false, equals)],
  ['StringNotEquals', text(true, equals)],
  ['StringEqualsIgnoreCase', text(false, equalsIgnoreCase)],
  ['StringNotEqualsIgnoreCase', text(true, equalsIgnoreCase)],
  ['StringLike', text(false, isLikeText)],
  ['StringNotLike', text(true, isLikeText)],
  ['ArnEquals', text(false, isLikeArn, arnForm)],
  ['ArnLike', text(false, isLikeArn, arnForm)],
  ['ArnNotEquals', text(true, isLikeArn, arnForm)],
  ['ArnNotLike', text(true, isLikeArn, arnForm)],
  ['Bool', plain(false, '"true" or "false"', isTruth, 'boolean')],
  ['BinaryEquals', plain(false, 'a text in base64', isBinary)],
  ['IpAddress', plain(false, addressForm, isInNetwork)],
  ['NotIpAddress', plain(true, addressForm, isInNetwork)],
  ...[['Numeric', readNumber, numberForm] as const, ['Date', readDate, dateForm] as const].flatMap(([family, read, form]) => [
    ...Object.entries(comparisons).map(([name, compare]): [string, Operator] => [
      `${family}${name}`,
      plain(false, form, comparing(read, compare, form), 'number'),
    ]),
    [
      `${family}NotEquals`,
      plain(
        true,
        form,
        comparing(read, (a, b) => a === b, form),
        'number',
      ),
    ] as [string, Operator],
  ]),
])
