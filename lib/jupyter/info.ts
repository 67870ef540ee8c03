// Who the kernel says it is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Json, PROTOCOL_VERSION } from "./wire.ts";

const require = createRequire(import.meta.url);

function versionOf(file: string): string {
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** The version of Packetwalk, from its package.json. */
export function packetwalkVersion(): string {
  return versionOf(require.resolve("packetwalk/package.json"));
}

/** The content of kernel_info_reply. */
export function kernelInfo(): Json {
  const typescript = versionOf(require.resolve("@tslab/typescript-for-tslab/package.json"));
  const version = packetwalkVersion();
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "packetwalk",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/x-typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      // A string on purpose: JupyterLab 4 would take an object's name, "javascript", first.
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    banner:
      `Packetwalk ${version}: Linux and Kubernetes networking that explains itself\n` +
      `TypeScript ${typescript} on Node.js ${process.versions.node}. ` +
      'Begin with: import { lab, sh, walk } from "packetwalk"',
    debugger: false,
    supported_features: [],
    help_links: [
      { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/intro.html" },
      { text: "Linux networking documentation", url: "https://docs.kernel.org/networking/" },
      { text: "Kubernetes: services and networking", url: "https://kubernetes.io/docs/concepts/services-networking/" },
      { text: "Node.js API", url: "https://nodejs.org/docs/latest-v20.x/api/" },
    ],
  };
}
