import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, freePort, type RunningProxy, runProxy } from './proxy-process.ts'

/** The Envoy of this machine. Undefined when there is none. */
export const envoyPath: string | undefined = findProgram('envoy')

type Ports = { readonly lifeguard: number; readonly service: number }

/** Runs Envoy with these `http_filters`, in YAML, in front of the service. */
export async function startEnvoy(filters: string, ports: Ports): Promise<RunningProxy> {
  if (envoyPath === undefined) throw new Error('This machine has no Envoy.')
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-envoy-'))
  const port = await freePort()
  writeFileSync(join(folder, 'envoy.yaml'), configuration(filters, port, ports))
  const flags = ['-c', join(folder, 'envoy.yaml'), '--concurrency', '1', '--use-dynamic-base-id', '--log-path', join(folder, 'error.log')]
  return runProxy(envoyPath, flags, folder, port)
}

/** The filters of the guide come into a list of this depth, so they are indented. */
const configuration = (filters: string, port: number, { lifeguard, service }: Ports) => `
static_resources:
  listeners:
  - address: ${address(port)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": ${type('network.http_connection_manager.v3.HttpConnectionManager')}
          stat_prefix: test
          route_config:
            virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: service } }] }]
${filters.trimEnd().replaceAll(/^(?=.)/gm, '          ')}
            - name: envoy.filters.http.router
              typed_config: { "@type": ${type('http.router.v3.Router')} }
  clusters:
  - ${cluster('lifeguard', lifeguard)}
  - ${cluster('service', service)}
`

const type = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`

const address = (port: number) => JSON.stringify({ socket_address: { address: '127.0.0.1', port_value: port } })

function cluster(name: string, port: number): string {
  const lb_endpoints = [{ endpoint: { address: JSON.parse(address(port)) } }]
  return JSON.stringify({ name, type: 'STATIC', load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints }] } })
}
