// How the app is built, and how its unit tests are found. In development
// (`npx vite`) the API and the sockets of a running tandem are passed through.

import { defineConfig } from 'vitest/config';

const backend = process.env['TANDEM_DEV_SERVER'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    chunkSizeWarningLimit: 4000, // Monaco, in the chunk of the room page
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '^/(rooms|server|account|invites|tenant|auth|openapi\\.json|healthz|readyz|metrics)\\b': backend,
      '/ws': { target: backend, ws: true },
    },
  },
  // No test asserts a time: the limit only ends what hangs.
  test: { include: ['test/**/*.test.ts'], testTimeout: 120_000 },
});
