type Schema = Readonly<Record<string, unknown>>

/**
 * What is wrong with the value by the JSON Schema, as a list of places and keywords. It knows the keywords that our own schemas use, and
 * refuses others.
 */
export function problemsOf(root: Schema, value: unknown, schema: Schema = root, place = ''): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const check = checks[keyword]
    if (check === undefined) throw new Error(`The checker does not know the keyword ${keyword}.`)
    return check({ root, schema, rule, value, place })
  })
}

type Check = {
  readonly root: Schema
  readonly schema: Schema
  readonly rule: unknown
  readonly value: unknown
  readonly place: string
}

const checks: Readonly<Record<string, (check: Check) => readonly string[]>> = {
  $schema: () => [],
  $defs: () => [],
  title: () => [],
  $ref: ({ root, rule, value, place }) => problemsOf(root, value, find(root, String(rule)), place),
  oneOf({ root, rule, value, place }) {
    const outcomes = (rule as Schema[]).map((schema) => problemsOf(root, value, schema, place))
    const fitting = outcomes.filter((problems) => problems.length === 0).length
    return fitting === 1 ? [] : [`${place} fits ${fitting} of the alternatives`, ...outcomes.flat()]
  },
  type: ({ rule, value, place }) => failUnless(typeOf(value) === rule || (rule === 'number' && typeOf(value) === 'integer'), place, 'type'),
  const: ({ rule, value, place }) => failUnless(value === rule, place, 'const'),
  enum: ({ rule, value, place }) => failUnless((rule as unknown[]).includes(value), place, 'enum'),
  pattern: ({ rule, value, place }) => failUnless(typeof value !== 'string' || new RegExp(String(rule), 'u').test(value), place, 'pattern'),
  minLength: ({ rule, value, place }) => failUnless(typeof value !== 'string' || [...value].length >= Number(rule), place, 'minLength'),
  maxLength: ({ rule, value, place }) => failUnless(typeof value !== 'string' || [...value].length <= Number(rule), place, 'maxLength'),
  minimum: ({ rule, value, place }) => failUnless(typeof value !== 'number' || value >= Number(rule), place, 'minimum'),
  minItems: ({ rule, value, place }) => failUnless(!Array.isArray(value) || value.length >= Number(rule), place, 'minItems'),
  maxItems: ({ rule, value, place }) => failUnless(!Array.isArray(value) || value.length <= Number(rule), place, 'maxItems'),
  required: ({ rule, value, place }) =>
    (rule as string[]).flatMap((name) => failUnless(name in membersOf(value), `${place}/${name}`, 'required')),
  properties: ({ root, rule, value, place }) =>
    Object.entries(membersOf(value)).flatMap(([name, member]) => {
      const schema = (rule as Record<string, Schema>)[name]
      return schema === undefined ? [] : problemsOf(root, member, schema, `${place}/${name}`)
    }),
  additionalProperties({ root, schema, rule, value, place }) {
    const named = (schema['properties'] ?? {}) as Schema
    const others = Object.entries(membersOf(value)).filter(([name]) => !Object.hasOwn(named, name))
    return others.flatMap(([name, member]) =>
      rule === false ? [`${place}/${name} is not a member`] : problemsOf(root, member, rule as Schema, `${place}/${name}`),
    )
  },
  items: ({ root, rule, value, place }) =>
    Array.isArray(value) ? value.flatMap((item, at) => problemsOf(root, item, rule as Schema, `${place}/${at}`)) : [],
}

const failUnless = (fits: boolean, place: string, keyword: string): readonly string[] => (fits ? [] : [`${place || '/'} fails ${keyword}`])

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeOf(value) === 'object' ? (value as Readonly<Record<string, unknown>>) : {}

function find(root: Schema, reference: string): Schema {
  const path = reference.replace(/^#\//, '').split('/')
  return path.reduce<Schema>((schema, name) => schema[name] as Schema, root)
}
