// Small programs that containers run: servers that say whom they saw, clients, and what sleeps or ends.
// Before you edit: lab/programs.ts; github.com/hashicorp/http-echo, k8s.io/kubernetes test/images/agnhost/netexec.
import type { Lab } from "../../lab/lab.ts";
import type { Program } from "../../lab/process.ts";
import { type HttpAnswer, type HttpRequest, httpServer } from "../../lab/programs.ts";
import type { Netns } from "../../netns/netns.ts";
import { atPort } from "../../netns/socket/family.ts";
import { fileText } from "../../tools/files.ts";
import { shellProgram } from "../../tools/shell.ts";
import { SECOND } from "../../trace/world.ts";
import type { Client } from "../controller/client.ts";
import { coreDns } from "../dns/coredns.ts";
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

/** What runs when the pod names no command; its value is the exit code. */
export type Entrypoint = (running: Running) => Program;

export const forEver: Entrypoint = function* () {
  for (;;) yield {};
};

const portOf = ({ container }: Running, otherwise: number): number => container.ports?.[0]?.containerPort ?? otherwise;

/** `-name=value` among the arguments. */
const option = ({ container: { args = [] } }: Running, name: string): string | undefined =>
  args.find((each) => each.startsWith(`-${name}=`))?.slice(name.length + 2);

/**
 * Says who it is and whom it saw: the address may be another than the client's own. `/headers` comes back as it was
 * asked; `/healthz` says 503 after `/healthz/fail`, and 200 again after `/healthz/pass`.
 */
export const echo: Entrypoint = (running) => {
  const { pod, container, ns, out } = running;
  let isWell = true;
  const reply = ({ method, path, version, client, headers }: HttpRequest): HttpAnswer => {
    const from = atPort(client.address, client.port);
    if (path === "/healthz/fail" || path === "/healthz/pass") isWell = path === "/healthz/pass";
    if (path.startsWith("/healthz"))
      return { status: isWell || path !== "/healthz" ? 200 : 503, body: isWell ? "ok\n" : "failing\n" };
    out(`${from} ${method} ${path}\n`);
    const said = `${pod.metadata.name} saw client ${from}\n`;
    if (path !== "/headers") return said;
    return `${said}${method} ${path} ${version}\n${[...headers].map(([name, value]) => `${name}: ${value}\n`).join("")}`;
  };
  return httpServer(ns, { port: portOf(running, 8080), program: container.name, reply });
};

export const httpEcho: Entrypoint = (running) =>
  httpServer(running.ns, {
    port: Number((option(running, "listen") ?? ":5678").replace(/^.*:/, "")),
    program: "http-echo",
    reply: () => `${option(running, "text") ?? "hello-world"}\n`,
  });

export const netexec: Entrypoint = (running) =>
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

export const nginx: Entrypoint = (running) =>
  httpServer(running.ns, { port: portOf(running, 80), program: "nginx", reply: () => "Welcome to nginx!\n" });

/** Asks for the URL among its arguments again and again, every second or as `-interval=5` says; its log is what it got. */
export const client: Entrypoint = function* (running) {
  const { lab, ns, container, out } = running;
  const url = container.args?.find((each) => !each.startsWith("-"));
  if (url === undefined) {
    out("client: which URL?\n");
    return 2;
  }
  for (;;) {
    yield* shellProgram(lab, { ns, container: container.name }, `curl -sS -m 5 '${url}'`, { out, err: out });
    yield { until: lab.now + Number(option(running, "interval") ?? 1) * SECOND, background: true };
  }
};

/** Ends after `-seconds=30` with `-code=0`; without, never. */
export const sleeper: Entrypoint = function* (running) {
  const seconds = option(running, "seconds");
  yield seconds === undefined ? {} : { until: running.lab.now + Number(seconds) * SECOND, background: true };
  return Number(option(running, "code") ?? 0);
};

/** Fails after a second, or `-after=10`, with status 1, or `-code=3`. */
export const crasher: Entrypoint = function* (running) {
  const { lab, out } = running;
  yield { until: lab.now + Number(option(running, "after") ?? 1) * SECOND };
  out("panic: something went wrong\n");
  return Number(option(running, "code") ?? 1);
};

export const coredns: Entrypoint = ({ container: { args = [] }, ...place }) => {
  const file = (name: string) => fileText(place, name);
  const path = args[args.indexOf("-conf") + 1] ?? "Corefile";
  return coreDns({ ...place, file }, file(path) ?? "");
};
