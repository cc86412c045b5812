import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { engines } from '../support/engines.ts'
import { type ReadMetrics, readMetrics } from '../support/metrics.ts'
import { givenUser, signInByPassword } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'

type Panel = {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: unknown
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[]
}

type Rule = {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const dashboard = JSON.parse(read('deploy/grafana-dashboard.json')) as {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] }
  readonly panels: readonly Panel[]
}
const alerts = parse(read('deploy/alerts.yaml'), { strict: true, uniqueKeys: true }) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}
const rules = alerts.groups.flatMap((group) => group.rules)
const charts = dashboard.panels.filter(({ type }) => type !== 'row')

/** Each metric in the table of metrics in docs/production.md, with its type and labels. */
const documented = new Map(
  [...read('docs/production.md').matchAll(/^\| `(lifeguard_\w+)` \| (\w+) \| (.*?)\s*\| .+ \|$/gm)].map(
    ([, name = '', type = '', labels = '']) => [name, { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label) }],
  ),
)

/** The metrics that an expression names, with the labels that it selects by. */
function selectorsIn(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b((?:lifeguard|nodejs|process|up)[a-z0-9_]*)(?:\{([^}]*)\})?/g)].map(([, name = '', selector = '']) => ({
    name,
    labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }))
}

for (const engine of engines) {
  describe(`The dashboard, the alerts and the table of metrics on ${engine.name}`, () => {
    let metrics: ReadMetrics
    before(async () => {
      await using server = await startTestServer(engine, { flags: ['--audit-stream', '/dev/null'] })
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      await signInByPassword(server, clientId, 'ana')
      metrics = await readMetrics(server.url)
    })

    /**
     * Asserts that the server has the metrics and labels that `expr` names. `up` counts as existing, because Prometheus itself adds it. A
     * histogram is served as three series: `_bucket`, `_sum` and `_count`.
     */
    function requireExists(expr: string): void {
      const selectors = selectorsIn(expr)
      assert.notEqual(selectors.length, 0, expr)
      for (const { name, labels } of selectors) {
        const base = name.replace(/_(?:bucket|sum|count)$/, '')
        const exists =
          name === 'up' || (metrics.types.has(name) && metrics.types.get(name) !== 'histogram') || metrics.types.get(base) === 'histogram'
        assert.ok(exists, `${name} in ${expr}`)
        const known = ['instance', 'job', ...(documented.get(name) ?? documented.get(base) ?? { labels: [] }).labels]
        for (const label of labels) assert.ok(known.includes(label), `the label ${label} of ${name} in ${expr}`)
      }
    }

    it('describe exactly the metrics that the server has, with their types and labels', () => {
      const served = [...metrics.types].filter(([name]) => name.startsWith('lifeguard_'))
      assert.deepEqual([...documented].map(([name, { type }]) => [name, type]).sort(), served.sort())
      for (const { name, labels } of metrics.samples.filter((sample) => sample.name.startsWith('lifeguard_'))) {
        const row = documented.get(name) ?? documented.get(name.replace(/_(?:bucket|sum|count)$/, ''))
        assert.deepEqual(
          Object.keys(labels)
            .filter((label) => label !== 'le')
            .sort(),
          [...(row?.labels ?? [])].sort(),
          name,
        )
      }
    })

    it('use only metrics that the server has', () => {
      for (const { expr } of charts.flatMap(({ targets = [] }) => targets)) requireExists(expr)
      for (const { expr } of rules) requireExists(expr)
    })

    it('show every metric', () => {
      const shown = charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
      for (const name of documented.keys()) assert.ok(shown.includes(name), name)
    })
  })
}

describe('The Grafana dashboard', () => {
  it('has what Grafana demands of a dashboard', () => {
    assert.match(dashboard.uid, /^[a-zA-Z0-9_-]{1,40}$/)
    assert.notEqual(dashboard.title, '')
    assert.ok(Number.isInteger(dashboard.schemaVersion))
    assert.deepEqual(
      dashboard.templating.list.map(({ name, type }) => [name, type]),
      [
        ['datasource', 'datasource'],
        ['instance', 'query'],
      ],
    )
  })

  it('has panels with unique ids that do not overlap', () => {
    const ids = dashboard.panels.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      assert.ok(x >= 0 && w > 0 && h > 0 && x + w <= 24)
      return Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`)
    })
    assert.equal(new Set(cells).size, cells.length)
  })

  it('shows 0 instead of "No data" while nothing has failed', () => {
    // The counters of these failures do not exist before the first one.
    const counters = /outcome!?[=~]+"(?!signed-in")|throttled_total|locked_attempts_total|sweep_failures_total/
    const failing = charts.flatMap(({ targets = [] }) => targets).filter(({ expr }) => counters.test(expr))
    assert.equal(failing.length, 6)
    for (const { expr } of failing) assert.match(expr, /\bor (?:on\(\) label_replace\()?vector\(0\)/)
  })

  it('does not count a function once for each process that does not call it', () => {
    const chart = charts.find(({ title, type }) => title === 'Open circuit breakers' && type === 'stat')
    assert.match(chart?.targets?.[0]?.expr ?? '', /^max\(lifeguard_circuit_breakers_open/)
  })

  it('describes every chart in words, and reads all of them from the chosen data source', () => {
    for (const { title, type, description, datasource, targets = [] } of charts) {
      assert.ok(['timeseries', 'stat'].includes(type), title)
      assert.match(description ?? '', /^[A-Z0-9].+\.$/, title)
      assert.deepEqual(datasource, { type: 'prometheus', uid: '$' + '{datasource}' })
      assert.notEqual(targets.length, 0, title)
      const refIds = targets.map(({ refId }) => refId)
      assert.equal(new Set(refIds).size, refIds.length, title)
      for (const { expr } of targets) assert.ok(isBalanced(expr), expr)
    }
  })
})

describe('The alert rules', () => {
  it('have what Prometheus demands of a rule, a severity, and a description of what to do', () => {
    assert.deepEqual(Object.keys(alerts), ['groups'])
    for (const group of alerts.groups) assert.deepEqual(Object.keys(group), ['name', 'rules'])
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
    for (const { alert, expr, for: duration = '0m', labels, annotations, ...others } of rules) {
      assert.deepEqual(others, {}, alert)
      assert.match(alert, /^Lifeguard[A-Za-z]+$/)
      assert.ok(isBalanced(expr), expr)
      assert.match(duration, /^\d+[smh]$/, alert)
      assert.deepEqual(Object.keys(labels), ['severity'])
      assert.match(labels['severity'] ?? '', /^(?:critical|warning)$/, alert)
      assert.deepEqual(Object.keys(annotations), ['summary', 'description'], alert)
      for (const text of Object.values(annotations)) assert.match(text, /^\S.{20,}\.$/, alert)
    }
  })

  it('count 503 as an error of the server, as the dashboard does, but not the answers of /readyz', () => {
    const alert = rules.find((rule) => rule.alert === 'LifeguardErrors')
    const chart = charts.find(({ title }) => title === 'Errors of the server')
    for (const expr of [alert?.expr ?? '', chart?.targets?.[0]?.expr ?? '']) {
      const [failed = '', all = ''] = [...expr.matchAll(/lifeguard_requests_total\{([^}]*)\}/g)].map(([, selector = '']) => selector)
      assert.match(failed, /outcome=~"InternalErrorException\|InternalFailure\|ServiceUnavailable\|500\|503"/)
      for (const selector of [failed, all]) assert.match(selector, /operation!="GET \/readyz"/)
    }
  })

  it('compare refused sign-ins with steps that end a sign-in, and with no refreshes', () => {
    const { expr = '' } = rules.find(({ alert }) => alert === 'LifeguardSignInsRefused') ?? {}
    const selectors = [...expr.matchAll(/lifeguard_sign_in_steps_total\{([^}]*)\}/g)].map(([, selector = '']) => selector)
    assert.equal(selectors.length, expr.split('lifeguard_sign_in_steps_total').length - 1)
    // An SRP sign-in that fails has a challenge first, which must not halve the share of the refused ones.
    const [refused, ...all] = selectors
    assert.equal(refused, 'outcome=~"NotAuthorizedException|CodeMismatchException",step!~"REFRESH_TOKEN.*"')
    assert.deepEqual(new Set(all), new Set(['outcome!="challenge",step!~"REFRESH_TOKEN.*"']))
  })

  it('name in their summaries only labels that their expressions keep', () => {
    for (const { alert, expr, annotations } of rules) {
      const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/) ?? ['instance', 'job']
      for (const [, label = ''] of (annotations['summary'] ?? '').matchAll(/\$labels\.(\w+)/g))
        assert.ok(kept.includes(label), `${alert}: ${label}`)
    }
  })
})

/** Whether each bracket is closed by one of its kind. */
function isBalanced(expr: string): boolean {
  const open: string[] = []
  const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }
  for (const character of expr.replaceAll(/"[^"]*"/g, '')) {
    if (character in closing) open.push(closing[character] ?? '')
    else if (')]}'.includes(character) && open.pop() !== character) return false
  }
  return open.length === 0
}
