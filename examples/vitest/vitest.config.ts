import { defineConfig } from 'vitest/config'

// A slow machine may need more than ten seconds to start a server.
export default defineConfig({ test: { hookTimeout: 60_000, testTimeout: 60_000 } })
