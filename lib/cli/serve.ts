// `packetwalk serve`: an API server of Kubernetes on loopback, for a real kubectl.
import type { AddressInfo } from "node:net";
import { bootstrap } from "../kube/api/bootstrap.ts";
import type { Surroundings } from "../kube/api/call.ts";
import { listen } from "../kube/api/http.ts";
import { ApiServer } from "../kube/api/server.ts";
import { ALL_KINDS } from "../kube/kinds/all.ts";
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
    const timer = setTimeout(action, delay / 1e6);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** `serve [--port PORT]`: until it is interrupted. */
export async function command(args: string[]): Promise<number> {
  const [option, value, ...more] = args;
  const isPort = option === "--port" && /^\d+$/.test(value ?? "") && Number(value) < 65536;
  if (more.length > 0 || (option !== undefined && !isPort))
    throw new Mistake(`serve takes --port PORT and nothing else, not ${JSON.stringify(args.join(" "))}`);
  const server = new ApiServer(HERE, ALL_KINDS);
  bootstrap(server);
  const http = await listen(server, Number(value ?? 8001));
  const { port } = http.address() as AddressInfo;
  process.stdout.write(`kubectl --server http://127.0.0.1:${port} get all -A\n`);
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"])
      process.once(signal, () => {
        http.closeAllConnections();
        http.close(() => resolve(0));
      });
  });
}
