import { appendFileSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** Stands in for curl when the documents are checked: the options that the guides use, and no others. */
async function run(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      silent: { type: 'boolean', short: 's' },
      fail: { type: 'boolean', short: 'f' },
      header: { type: 'string', short: 'H', multiple: true },
      data: { type: 'string', short: 'd' },
      request: { type: 'string', short: 'X' },
      'upload-file': { type: 'string', short: 'T' },
      user: { type: 'string', short: 'u' },
    },
  })
  const [url, ...more] = positionals
  if (url === undefined || more.length > 0) throw new Error(`expected one address, found ${positionals.length}`)
  const headers = new Headers(values.header?.map((line) => line.split(/:\s*/, 2) as [string, string]))
  if (values.user !== undefined) headers.set('authorization', `Basic ${Buffer.from(values.user).toString('base64')}`)
  // Like curl, which sends data as a form unless a header says otherwise.
  if (values.data !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded')
  const upload = values['upload-file']
  const body = upload === undefined ? values.data : readFileSync(upload)
  const method = values.request ?? (upload !== undefined ? 'PUT' : body === undefined ? 'GET' : 'POST')
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  process.stdout.write(await response.text())
  // curl itself accepts an answer with an error status. Here such an answer is a failure, because documents should not show rejected
  // requests.
  if (!response.ok) throw new Error(`HTTP ${response.status} of ${url}`)
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  const line = `curl: ${(error as Error).message}`
  console.error(line)
  const failures = process.env['LIFEGUARD_DOCS_FAILURES']
  if (failures !== undefined) appendFileSync(failures, `${line}\n`)
  process.exitCode = 22
}
