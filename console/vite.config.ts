import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.FIELDFARE_API ?? "http://127.0.0.1:8601";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: process.env.FIELDFARE_CONSOLE_OUT ?? "../fieldfare/web/console",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_200,
  },
  server: { port: 8602, proxy: { "/api": api } },
  preview: { port: 8602, proxy: { "/api": api } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
