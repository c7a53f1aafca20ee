import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// For `npm run dev` beside a server that runs elsewhere.
const server = process.env.EDGEWISE_URL ?? 'http://127.0.0.1:8787'
const backend = Object.fromEntries(
  ['/console/api', '/api/', '/v1', '/files', '/openapi.json', '/embed.min.js'].map((path) => [path, server]),
)

// What many pages share, in a few files: dozens of small ones cost a phone a round trip for each handful.
const groups = [
  { name: 'icons', test: /node_modules\/lucide-react/ },
  { name: 'parts', test: /node_modules\/(@?radix-ui|@floating-ui|react-remove-scroll|aria-hidden)|\/src\/(ui|shell|api|lib\/(?!zh))/ },
]

export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  // Nothing may lie inline in the page: its policy forbids it.
  build: {
    outDir: 'built/site', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 600,
    rolldownOptions: { output: { codeSplitting: { includeDependenciesRecursively: false, groups } } },
  },
  server: { proxy: backend },
})
