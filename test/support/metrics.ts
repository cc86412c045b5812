/** The answer of `/metrics`, read as Prometheus reads it. */
export type ReadMetrics = {
  readonly text: string
  /** The type of each metric (`counter`, `gauge`, `histogram` or `summary`), by the name of the metric. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** The values of all samples of that name, by their labels without the quotes: `{ 'category=UserRead': 3 }`. */
  valuesOf(name: string): Record<string, number>
}

type Sample = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }

export async function readMetrics(url: string, token = ''): Promise<ReadMetrics> {
  const response = await fetch(`${url}/metrics`, { headers: token === '' ? {} : { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`)
  return parseMetrics(await response.text())
}

export function parseMetrics(text: string): ReadMetrics {
  const lines = text.split('\n')
  const types = new Map(lines.flatMap((line) => (line.startsWith('# TYPE ') ? [line.split(' ').slice(2, 4) as [string, string]] : [])))
  const samples = lines.flatMap((line) => {
    const found = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
    return found === null ? [] : [{ name: found[1] ?? '', labels: readLabels(found[2]), value: Number(found[3]) }]
  })
  return {
    text,
    types,
    samples,
    valuesOf: (name) =>
      Object.fromEntries(samples.filter((sample) => sample.name === name).map(({ labels, value }) => [writeLabels(labels), value])),
  }
}

function readLabels(text = ''): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
}

const writeLabels = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
