// What runs when a container of an image is started: small programs that do what the images do, and commands a reader knows.
// Before you edit: lab/programs.ts, tools/registry.ts; github.com/hashicorp/http-echo, k8s.io/kubernetes test/images/agnhost.
import type { Lab } from "../../lab/lab.ts";
import type { Tools } from "../../lab/machine.ts";
import type { Program } from "../../lab/process.ts";
import { httpServer } from "../../lab/programs.ts";
import type { Netns } from "../../netns/netns.ts";
import { fileText } from "../../tools/files.ts";
import { COMMANDS } from "../../tools/registry.ts";
import { shellProgram } from "../../tools/shell.ts";
import type { Client } from "../controller/client.ts";
import { coreDns } from "../dns/coredns.ts";
import { COREDNS_IMAGE } from "../dns/manifests.ts";
import type { Container, Pod } from "../shapes.ts";

/** A container that is being started. */
export interface Running {
  readonly lab: Lab;
  readonly ns: Netns;
  readonly pod: Pod;
  readonly container: Container;
  /** How it speaks with the API server, in its own name. */
  readonly client: Client;
  /** Its standard output, which is its log. */
  readonly out: (text: string) => void;
}

export interface Image {
  /** What runs if the pod names no command; its value is the exit code. */
  readonly entrypoint: (running: Running) => Program;
  /** Which tools the file system has, if not Debian's. */
  readonly tools?: Tools;
}

const forEver = function* (): Program {
  for (;;) yield {};
};

const portOf = ({ container }: Running, otherwise: number): number => container.ports?.[0]?.containerPort ?? otherwise;

const option = ({ container: { args = [] } }: Running, name: string): string | undefined =>
  args.find((each) => each.startsWith(`-${name}=`))?.slice(name.length + 2);

/** Says who it is and whom it saw: the address may be another than the client's own. */
const echo = (running: Running): Program =>
  httpServer(running.ns, {
    port: portOf(running, 8080),
    program: running.container.name,
    reply: ({ client }) => `${running.pod.metadata.name} saw client ${client.address}:${client.port}\n`,
  });

const httpEcho = (running: Running): Program =>
  httpServer(running.ns, {
    port: Number((option(running, "listen") ?? ":5678").replace(/^.*:/, "")),
    program: "http-echo",
    reply: () => `${option(running, "text") ?? "hello-world"}\n`,
  });

const netexec = (running: Running): Program =>
  httpServer(running.ns, {
    port: Number(running.container.args?.find((each) => each.startsWith("--http-port="))?.slice(12) ?? 8080),
    program: "agnhost",
    reply: ({ path, client }) =>
      path.startsWith("/clientip")
        ? `${client.address}:${client.port}`
        : path.startsWith("/hostname")
          ? running.pod.metadata.name
          : `NOW: ${running.lab.now}`,
  });

const web = (running: Running): Program =>
  httpServer(running.ns, { port: portOf(running, 80), program: "nginx", reply: () => "Welcome to nginx!\n" });

const coredns = ({ container: { args = [] }, ...place }: Running): Program => {
  const file = (name: string) => fileText(place, name);
  const path = args[args.indexOf("-conf") + 1] ?? "Corefile";
  return coreDns({ ...place, file }, file(path) ?? "");
};

const crash = function* ({ lab, out }: Running): Program {
  yield { until: lab.now + 1e9 };
  out("panic: something went wrong\n");
  return 1;
};

/** Images by name, with a tag where it matters; who wants others adds them: `cluster({ images: { word: { entrypoint } } })`. */
export const IMAGES: Readonly<Record<string, Image>> = {
  nginx: { entrypoint: web },
  echo: { entrypoint: echo },
  crasher: { entrypoint: crash },
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
  if (program === "sleep" && words[0] === "infinity") return forEver();
  if (program !== "sleep" && !Object.hasOwn(COMMANDS, program)) return missing(program, out);
  return shellProgram(lab, place, [program, ...words].map((word) => `'${word}'`).join(" "), { out, err: out });
}

// biome-ignore lint/correctness/useYield: it ends before it waits for anything
function* missing(program: string, out: (text: string) => void): Program {
  out(`exec: "${program}": executable file not found in $PATH\n`);
  return 127;
}
