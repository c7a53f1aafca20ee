import { defineConfig } from 'vite'

// The script that pages of others load: one classic file without a hash in its name.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: 'built/site',
    emptyOutDir: false,
    lib: { entry: 'src/embed/embed.ts', formats: ['iife'], name: 'edgewise', fileName: () => 'embed.min.js' },
  },
})
