// Images by their names, and what runs when a container of one is started.
// Before you edit: programs.ts, tools/registry.ts.
import type { Tools } from "../../lab/machine.ts";
import type { Program } from "../../lab/process.ts";
import { type HttpAnswer, type HttpRequest, httpServer } from "../../lab/programs.ts";
import { COMMANDS } from "../../tools/registry.ts";
import { shellProgram } from "../../tools/shell.ts";
import { COREDNS_IMAGE } from "../dns/manifests.ts";
import {
  client,
  coredns,
  crasher,
  type Entrypoint,
  echo,
  forEver,
  httpEcho,
  netexec,
  nginx,
  type Running,
  sleeper,
} from "./programs.ts";

export interface Image {
  readonly entrypoint: Entrypoint;
  /** Which tools the file system has, if not Debian's. */
  readonly tools?: Tools;
}

/** Images by name, with a tag where it matters; who wants others adds them: `cluster({ images: { word: { entrypoint } } })`. */
export const IMAGES: Readonly<Record<string, Image>> = {
  nginx: { entrypoint: nginx },
  echo: { entrypoint: echo },
  client: { entrypoint: client },
  sleeper: { entrypoint: sleeper },
  crasher: { entrypoint: crasher },
  "hashicorp/http-echo": { entrypoint: httpEcho },
  "registry.k8s.io/e2e-test-images/agnhost": { entrypoint: netexec },
  [COREDNS_IMAGE]: { entrypoint: coredns },
  "registry.k8s.io/pause": { entrypoint: forEver },
  busybox: { entrypoint: forEver, tools: "busybox" },
  alpine: { entrypoint: forEver, tools: "busybox-musl" },
  "alpine:3.7": { entrypoint: forEver, tools: "busybox-1.28" },
  debian: { entrypoint: forEver },
  "nicolaka/netshoot": { entrypoint: forEver },
};

/** An image whose program answers HTTP: `httpImage(8080, ({ client }) => `hello ${client.address}\n`)`. */
export function httpImage(port: number, reply: (request: HttpRequest) => HttpAnswer): Image {
  return { entrypoint: ({ ns, container }) => httpServer(ns, { port, program: container.name, reply }) };
}

/** `nginx` of `docker.io/library/nginx:1.27@sha256:…`. */
export function repositoryOf(image: string): string {
  return taggedOf(image).replace(/:[^/:]*$/, "");
}

/** `nginx:1.27` of the same. */
export function taggedOf(image: string): string {
  return image
    .replace(/@.*$/, "")
    .replace(/^docker\.io\//, "")
    .replace(/^library\//, "");
}

/** The program of a container: its command, in its pod's namespace, or the image's own. */
export function programOf(image: Image, running: Running): Program {
  const { command = [], args = [], name } = running.container;
  if (command.length === 0) return image.entrypoint(running);
  const { lab, ns, out } = running;
  const place = { ns, container: name, tools: image.tools };
  const [program = "", ...words] = [...command, ...args];
  if ((program === "sh" || program === "/bin/sh" || program === "bash") && words[0] === "-c")
    return shellProgram(lab, place, words.slice(1).join(" "), { out, err: out });
  if (program === "sleep" && words[0] === "infinity") return forEver(running);
  if (program !== "sleep" && !Object.hasOwn(COMMANDS, program)) return missing(program, out);
  return shellProgram(lab, place, [program, ...words].map((word) => `'${word}'`).join(" "), { out, err: out });
}

// biome-ignore lint/correctness/useYield: it ends before it waits for anything
function* missing(program: string, out: (text: string) => void): Program {
  out(`exec: "${program}": executable file not found in $PATH\n`);
  return 127;
}
