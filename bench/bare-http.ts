/**
 * The least that an HTTP server in Node does: it reads each request to its end, and answers with as many bytes as its first argument says.
 * `/metrics` answers with its processor time, as Lifeguard does.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const answer = Buffer.alloc(Number(process.argv[2] ?? 0), 0x20)

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const { user, system } = process.cpuUsage()
    const body = request.url === '/metrics' ? Buffer.from(`process_cpu_seconds_total ${(user + system) / 1e6}\n`) : answer
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': body.length }).end(body)
  })
}).listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
