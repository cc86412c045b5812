import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

/** A new folder for each run. */
const data = join(tmpdir(), `lifeguard-${Date.now()}`)

export default defineConfig({
  // The tests share one server, which is reset before each of them.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 30_000 },
  webServer: {
    command: `npx lifeguard dev --port 0 --apply pools.yaml --data "${data}"`,
    // The endpoint that the server prints becomes the environment variable COGNITO_URL.
    wait: { stdout: /Endpoint\s+(?<cognito_url>\S+)/ },
  },
  use: {
    // Without CHROMIUM_PATH it is the browser of `npx playwright install chromium`.
    launchOptions: { executablePath: process.env.CHROMIUM_PATH },
  },
})
