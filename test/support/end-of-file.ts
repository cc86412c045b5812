import { after } from 'node:test'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded before each test file. A test that fails before it closes a server or a database keeps its process alive, and the whole run would
 * wait for it for ever. So a process that still runs 30 s after its last test fails, and names the reason. The timer alone keeps no
 * process alive. (`--test-force-exit` would end the process before all its results have reached the runner.)
 */
const deadlineMs = 30_000

/** The runner sets NODE_TEST_CONTEXT in the processes of test files only. */
if (isMainThread && process.env['NODE_TEST_CONTEXT'] !== undefined) {
  after(() => {
    setTimeout(() => {
      console.error(`This test file left something open: ${process.getActiveResourcesInfo().join(', ')}`)
      process.exit(1)
    }, deadlineMs).unref()
  })
}
