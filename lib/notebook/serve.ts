// The verbs serve and proxy: programs that a lab's machines run beside what commands start.
import type { Lab } from "../lab/lab.ts";
import { type HttpRequest, httpServer } from "../lab/programs.ts";
import { httpProxy, type ProxyRoute } from "../lab/proxy.ts";
import { BadInput } from "../wire/input.ts";
import { currentLab } from "./session.ts";

const UNHEARD = { out: () => {}, err: () => {} };

export interface ServeOptions {
  /** What it answers; else who it is and whom it saw: `web saw client 10.244.1.2:42576`. */
  readonly reply?: (request: HttpRequest) => string;
  readonly lab?: Lab;
}

/** Starts a web server on a port of a node or pod. Throws BadInput where the port is taken. */
export function serve(where: string, port: number, { reply, lab = currentLab() }: ServeOptions = {}): void {
  const ns = lab.netns(where);
  const refused: string[] = [];
  const err = (text: string) => void refused.push(text);
  lab.start("server", { ns, ...UNHEARD, err }, httpServer(ns, { port, err, ...(reply && { reply }) }));
  lab.run();
  if (refused.length > 0) throw new BadInput("the server cannot listen", `${port}`, refused.join(" ").trim());
}

/** Starts a proxy for HTTP in the manner of nginx; each request goes to the first route that fits. */
export function proxy(where: string, port: number, routes: readonly ProxyRoute[], lab: Lab = currentLab()): void {
  const ns = lab.netns(where);
  const says = { ns, ...UNHEARD };
  lab.start(
    "proxy",
    says,
    httpProxy(ns, routes, { port }, (relay) => void lab.start("proxy", says, relay)),
  );
  lab.run();
}
