// SPDX-License-Identifier: MIT
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const daemon = process.env.VIG_DAEMON_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: process.env.VIG_DASHBOARD_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The daemon's policy allows no data: fonts or scripts, and modern browsers preload modules themselves.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/openapi.json', '/docs', '/redoc', '/healthz'].map((path) => [path, { target: daemon, ws: true }]),
    ),
  },
});
