// An application load balancer: it ends the client's connection, reads the request, finds its rule, and asks a target over a
// connection of its own, telling it by headers who asked.
// Before you edit: docs.aws.amazon.com/elasticloadbalancing/latest/application/{x-forwarded-headers,
// load-balancer-target-groups}.html (headers, round robin), lab/proxy.ts.
import type { Process, Program } from "../../lab/process.ts";
import { type Asking, connected, listen, more } from "../../lab/programs.ts";
import { requestOf } from "../../lab/proxy.ts";
import { TcpSocket } from "../../netns/tcp/tcp.ts";
import { LEVEL } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import { run } from "../cni/plugin.ts";
import type { Balancer, Front, InternetGateway } from "./exit.ts";
import { type Backend, type HttpQuestion, type HttpRule, ruleFor, textOf, weighted } from "./http-routes.ts";
import type { Target, TargetGroup } from "./target-group.ts";

const PROGRAM = "alb";
/** idle_timeout.timeout_seconds */
const PATIENCE = 60 * SECOND;

export interface HttpListener {
  readonly port: number;
  /** In the order they are asked. */
  readonly rules: readonly HttpRule[];
  /** What TLS ends with, as `Secret shop-tls`; null: none. Nothing is encrypted in this model. */
  readonly certificate: string | null;
}

interface Head {
  readonly question: HttpQuestion;
  readonly lines: readonly string[];
  readonly body: string;
  readonly cause: number;
}

export class HttpBalancer {
  readonly balancer: Balancer;
  /** By backend: `default/web:80`. */
  readonly groups = new Map<string, TargetGroup>();
  private readonly gateway: InternetGateway;
  listeners: readonly HttpListener[] = [];
  private readonly processes = new Map<number, readonly Process[]>();
  private readonly turns = new Map<string, number>();

  constructor(gateway: InternetGateway, balancer: Balancer) {
    this.gateway = gateway;
    this.balancer = balancer;
    for (const { address } of balancer.fronts) run(gateway.lab, balancer.ns, `ip addr add ${address}/32 dev eth0`);
  }

  /** Listens at these ports with these rules from now on, and at no others. */
  set(listeners: readonly HttpListener[]): void {
    this.listeners = listeners;
    const ports = new Set(listeners.map(({ port }) => port));
    for (const [port, processes] of this.processes) {
      if (ports.has(port)) continue;
      for (const each of processes) each.kill(0);
      this.processes.delete(port);
    }
    for (const port of ports)
      if (!this.processes.has(port))
        this.processes.set(
          port,
          this.balancer.fronts.map((front) => this.start(this.accepting(front, port))),
        );
  }

  stop(): void {
    this.set([]);
    for (const group of this.groups.values()) group.stop();
    this.gateway.detach(this.balancer);
  }

  private start(program: Program): Process {
    const { ns } = this.balancer;
    return this.gateway.lab.start(PROGRAM, { ns, out: () => {}, err: () => {} }, program);
  }

  private *accepting({ address, zone }: Front, port: number): Program {
    const listener = listen(this.balancer.ns, { port, address: `${address}`, program: PROGRAM });
    if (typeof listener === "string") throw new Error(`a load balancer cannot listen at ${address}: ${listener}`);
    try {
      for (;;) {
        for (let client = listener.accept(); client !== null; client = listener.accept())
          this.start(this.relay(client, port, { address, zone }));
        yield { on: [listener] };
      }
    } finally {
      listener.close();
    }
  }

  /** One request, and its answer. */
  private *relay(client: TcpSocket, port: number, { address, zone }: Pick<Front, "address" | "zone">): Program {
    const { ns } = this.balancer;
    const listener = this.listeners.find((each) => each.port === port)!;
    try {
      const head = yield* headOf(client, ns.cables.now + PATIENCE);
      if (head === null) return 0;
      const { target, status, cause } = this.pick(head, listener, zone);
      if (target === null) return answer(client, status, cause);
      const upstream = new TcpSocket(ns, PROGRAM, 4);
      try {
        const until = ns.cables.now + PATIENCE;
        upstream.bind(address, 0);
        if ((yield* connected(upstream, target.address, target.port, until, cause)) !== null)
          return answer(client, "502 Bad Gateway", cause);
        upstream.send(encoder.encode(this.forwarded(head, client, listener)), cause);
        for (;;) {
          const piece = yield* more(upstream, until);
          if (piece === null) return answer(client, "504 Gateway Time-out", cause);
          if (typeof piece === "string" || piece.end) return 0;
          client.send(piece.data, piece.cause);
        }
      } finally {
        upstream.close();
      }
    } finally {
      client.close();
    }
  }

  /** Rule, backend by weight, target in turn; or with which status it is refused. */
  private pick(
    { question, cause }: Head,
    { rules, certificate }: HttpListener,
    zone: string,
  ): { readonly target: Target | null; readonly status: string; readonly cause: number } {
    const { rule, tried } = ruleFor(rules, question);
    const asked = `${question.method} ${question.host}${question.path}`;
    const tls = certificate === null ? "" : `TLS ends here (${certificate}), from here on nothing is encrypted; `;
    const say = (because: string) =>
      this.balancer.ns.step(LEVEL.path, cause, null, "balance", undefined, () => ({
        because: `${tls}${asked}: ${because}`,
        tried,
      }));
    const refuse = (status: string, why: string) => ({ target: null, status, cause: say(`${why}: ${status}`) });
    if (rule === null) return refuse("404 Not Found", "no rule fits");
    const draw = this.gateway.lab.random();
    const backend = weighted(rule.backends, draw);
    if (backend === null) return refuse("503 Service Temporarily Unavailable", `${textOf(rule)} has no backend`);
    const key = backendKey(backend);
    const group = this.groups.get(key);
    if (group === undefined) return refuse(missing(rule), `${textOf(rule)} leads to ${key}, which is not there`);
    const { from, because } = group.choices(zone);
    if (from.length === 0) return refuse("503 Service Temporarily Unavailable", `${key} has nobody: ${because}`);
    const turn = this.turns.get(key) ?? 0;
    this.turns.set(key, turn + 1);
    const target = from[turn % from.length]!;
    const share =
      rule.backends.length === 1 ? "" : ` (weight ${backend.weight} of ${sumOf(rule)}, drawn ${draw.toFixed(4)})`;
    const picked = `${textOf(rule)} leads to ${key}${share}; round robin: ${target.name} (${target.id}), ${because}`;
    return { target, status: "", cause: say(picked) };
  }

  /** The request as the target gets it. */
  private forwarded({ lines, body }: Head, client: TcpSocket, { port, certificate }: HttpListener): string {
    const [first = "", ...others] = lines;
    const own = /^(connection|x-forwarded-for|x-forwarded-proto|x-forwarded-port):/i;
    const before = others.find((line) => /^x-forwarded-for:/i.test(line))?.replace(/^[^:]*: */, "");
    const hex = (count: number) =>
      Array.from({ length: count }, () => this.gateway.lab.below(16).toString(16)).join("");
    const words = [
      first,
      ...others.filter((line) => !own.test(line)),
      `X-Forwarded-For: ${before === undefined ? "" : `${before}, `}${client.remote!.address}`,
      `X-Forwarded-Proto: ${certificate === null ? "http" : "https"}`,
      `X-Forwarded-Port: ${port}`,
      `X-Amzn-Trace-Id: Root=1-${hex(8)}-${hex(24)}`,
      "Connection: close",
    ];
    return `${words.join("\r\n")}\r\n\r\n${body}`;
  }
}

export const backendKey = ({ service, port }: Backend): string => `${service}:${port}`;

const sumOf = ({ backends }: HttpRule): number => backends.reduce((total, { weight }) => total + weight, 0);

/** An HTTPRoute's backend that does not exist is an error of the gateway; an Ingress' one is nobody there. */
const missing = ({ from }: HttpRule): string =>
  from.startsWith("httproute") ? "500 Internal Server Error" : "503 Service Temporarily Unavailable";

const encoder = new TextEncoder();

/** A request with its body, of the length it says; null when it does not come. */
function* headOf(client: TcpSocket, until: number): Asking<Head | null> {
  const request = yield* requestOf(client, until, (head, body) => {
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    return encoder.encode(body).length >= length;
  });
  if (request === null) return null;
  const lines = request.head.split("\r\n");
  return { question: questionOf(lines), lines, body: request.body, cause: request.cause };
}

function questionOf([first = "", ...lines]: readonly string[]): HttpQuestion {
  const [method = "", path = "/"] = first.split(" ");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method, path, host: (headers.get("host") ?? "").replace(/:\d+$/, ""), headers };
}

/** The load balancer's own answer. */
function answer(client: TcpSocket, status: string, cause: number): number {
  const body = `<html>\r\n<head><title>${status}</title></head>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n</body>\r\n</html>\r\n`;
  const head = `HTTP/1.1 ${status}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  client.send(encoder.encode(head + body), cause);
  return 1;
}
