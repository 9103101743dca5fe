// The demo: `npm start` builds and serves it; `npx vite demo --configLoader runner` serves it while it is worked on.
import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig, type Plugin } from 'vite'
import { browserPlatform } from '../platform.config.ts'

const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  'media-src blob:',
  // Which bridge is not known when the page is built.
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Nothing from anywhere else runs or is sent anywhere; the dev server, which adds scripts of its own, goes without. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'demo:content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
        injectTo: 'head-prepend',
      },
    ],
  }
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig(
  mergeConfig(browserPlatform, {
    root: here('.'),
    base: './',
    plugins: [contentSecurityPolicy()],
    build: {
      target: 'es2022',
      sourcemap: true,
      reportCompressedSize: false,
      // KB. The engine is one piece.
      chunkSizeWarningLimit: 1_000,
      modulePreload: { polyfill: false },
    },
  }),
)
