import { unpackBrowser } from './browser.ts'
import { administer, type Cluster, createTemplate, startCluster } from './postgres.ts'

let cluster: Cluster | undefined
let template: string | undefined

/**
 * Runs before the first test file: unpacks one browser and starts one PostgreSQL for the whole run. Environment variables tell the test
 * files where this PostgreSQL is.
 */
export async function globalSetup(): Promise<void> {
  await unpackBrowser()
  const engines = process.env['LIFEGUARD_TEST_ENGINES']
  if (engines !== undefined && !engines.split(',').includes('postgres')) return
  cluster = await startCluster()
  template = await createTemplate(cluster.url)
  process.env['LIFEGUARD_TEST_CLUSTER'] = cluster.url
  process.env['LIFEGUARD_TEST_TEMPLATE'] = template
}

export async function globalTeardown(): Promise<void> {
  if (cluster === undefined) return
  if (template !== undefined) await administer(cluster.url, `drop database ${template} with (force)`)
  await cluster.stop()
}
