// `packetwalk serve`: a Kubernetes cluster of the model on loopback, for a real kubectl.
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { bootstrap } from "../kube/api/bootstrap.ts";
import type { Surroundings } from "../kube/api/call.ts";
import { listen } from "../kube/api/http.ts";
import { ApiServer } from "../kube/api/server.ts";
import { Cluster } from "../kube/cluster.ts";
import { ALL_KINDS } from "../kube/kinds/all.ts";
import { kubectl } from "../kube/kubectl/kubectl.ts";
import { DISK } from "../notebook/kubectl.ts";
import { Mistake } from "./options.ts";

/** The clock and the dice of this machine: whoever watches by kubectl waits in real time. */
const HERE: Surroundings = {
  get now() {
    return Date.now() * 1e6;
  },
  get time() {
    return `${new Date().toISOString().slice(0, 19)}Z`;
  },
  random: Math.random,
  later(delay, action) {
    // An Event goes after an hour: who is told to end does not wait for it.
    const timer = setTimeout(action, delay / 1e6).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

interface Options {
  port: number;
  nodes: number;
  cni?: string;
  seed?: string;
  kubeconfig?: string;
  manifests: string[];
}

const KNOWN = "--port PORT, --nodes N, --cni PLUGIN, --seed SEED, --kubeconfig FILE and -f FILE";

function optionsOf(args: readonly string[]): Options {
  const options: Options = { port: 8001, nodes: 3, manifests: [] };
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i]!, args[i + 1]];
    const wrong = () =>
      new Mistake(`serve takes ${KNOWN} and nothing else, not ${JSON.stringify(args.slice(i, i + 2).join(" "))}`);
    if (value === undefined) throw wrong();
    const isNumber = /^\d{1,5}$/.test(value);
    if (name === "--port" && isNumber && Number(value) < 65536) options.port = Number(value);
    else if (name === "--nodes" && isNumber) options.nodes = Number(value);
    else if (name === "--cni") options.cni = value;
    else if (name === "--seed") options.seed = value;
    else if (name === "--kubeconfig") options.kubeconfig = value;
    else if (name === "-f" || name === "--filename") options.manifests.push(value);
    else throw wrong();
  }
  return options;
}

/** How often the lab's time follows this machine's, in milliseconds. */
const TICK = 20;

/** A cluster whose time goes on with this machine's; without nodes, an API server alone. */
function serverOf({ nodes, cni, seed, manifests }: Options): { server: ApiServer; stop: () => void } | null {
  if (nodes === 0) {
    const server = new ApiServer(HERE, ALL_KINDS);
    bootstrap(server);
    return { server, stop: () => {} };
  }
  const cluster = new Cluster({ nodes, began: Date.now(), dns: true, ...(cni && { cni }), ...(seed && { seed }) });
  const { server, clock, lab } = cluster;
  if (manifests.length > 0) {
    const streams = {
      stdin: "",
      out: (text: string) => process.stdout.write(text),
      err: (text: string) => process.stderr.write(text),
    };
    const run = kubectl(
      { server, clock, files: DISK },
      ["apply", ...manifests.flatMap((file) => ["-f", file])],
      streams,
    );
    if (run.next().value !== 0) return null;
  }
  const offset = lab.now - performance.now() * 1e6;
  const timer = setInterval(() => lab.runFor(Math.max(0, performance.now() * 1e6 + offset - lab.now)), TICK);
  return { server, stop: () => clearInterval(timer) };
}

/** What a kubectl reads to find the server. */
export const kubeconfig = (url: string): string => `apiVersion: v1
kind: Config
clusters: [{name: packetwalk, cluster: {server: "${url}"}}]
users: [{name: packetwalk, user: {}}]
contexts: [{name: packetwalk, context: {cluster: packetwalk, user: packetwalk}}]
current-context: packetwalk
`;

/** `serve [--port PORT] [--nodes N] [--cni PLUGIN] [--seed SEED] [--kubeconfig FILE] [-f FILE]`: until it is interrupted. */
export async function command(args: string[]): Promise<number> {
  const options = optionsOf(args);
  const served = serverOf(options);
  if (served === null) return 1;
  const http = await listen(served.server, options.port);
  const { port } = http.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  if (options.kubeconfig !== undefined) writeFileSync(options.kubeconfig, kubeconfig(url));
  const how = options.kubeconfig === undefined ? `--server ${url}` : `--kubeconfig ${options.kubeconfig}`;
  process.stdout.write(`kubectl ${how} get all -A\n`);
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"])
      process.once(signal, () => {
        served.stop();
        http.closeAllConnections();
        http.close(() => resolve(0));
      });
  });
}
