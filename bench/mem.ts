import { spawn, execFileSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { openEngine } from './engines.ts'
import { LoadGenerator } from './load.ts'
const [kind, conc, dist, ...flags] = process.argv.slice(2)
await using engine = await openEngine('sqlite')
const { options, crowd } = await engine.createDatabase(1000)
const child = spawn(process.execPath, [...flags, `${dist}/main.js`, 'serve', '--port', '0', '--database', options.databaseUrl, '--public-url', 'http://localhost:9911', '--rate-limits', '0'], { env: { LIFEGUARD_MASTER_KEY: options.masterKey, ...(process.env.MALLOC ? { MALLOC_ARENA_MAX: process.env.MALLOC } : {}) }, stdio: ['ignore', 'pipe', 'inherit'] })
let ready: (u: string) => void
const url = new Promise<string>((r) => { ready = r })
createInterface(child.stdout!).on('line', (l) => { if (/"Ready"/.test(l)) ready(JSON.parse(l).url) })
const gen = new LoadGenerator()
const task = { url: await url, crowd, pressure: { concurrency: Number(conc) } }
const rss = () => execFileSync('grep', ['VmRSS', `/proc/${child.pid}/status`]).toString().trim()
console.log('ready', rss())
for (const k of kind!.split(',')) for (let i = 0; i < 3; i++) { await gen.run({ ...task, kind: k as never, seconds: 4 }); console.log(k, rss()) }
if (process.env.SMAPS) console.log(execFileSync('python3', ['/tmp/perf/smaps.py', String(child.pid)]).toString())
gen.close(); child.kill('SIGKILL'); await new Promise((r) => child.once('exit', r)); process.exit()
