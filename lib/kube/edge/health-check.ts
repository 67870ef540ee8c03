// Health checks of a load balancer: it connects to a target, or gets a page of it, again and again.
// Before you edit: docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html,
// github.com/kubernetes-sigs/aws-load-balancer-controller pkg/service/model_builder.go (defaults).
import type { Program } from "../../lab/process.ts";
import { type Asking, connected, more } from "../../lab/programs.ts";
import type { Netns } from "../../netns/netns.ts";
import { TcpSocket } from "../../netns/tcp/tcp.ts";
import { SECOND } from "../../trace/world.ts";
import type { Target } from "./target-group.ts";

export interface Check {
  readonly protocol: "TCP" | "HTTP";
  /** null: the port that connections go to. */
  readonly port: number | null;
  /** Of HTTP: what is asked for, and the greatest status that is a success. */
  readonly path: string;
  readonly success: number;
  /** In seconds. */
  readonly interval: number;
  readonly timeout: number;
  /** So many in a row make a target healthy again, or unhealthy. */
  readonly healthy: number;
  readonly unhealthy: number;
}

/** What the load balancer controller asks for unless annotations say otherwise. */
export const TCP_CHECK: Check = {
  protocol: "TCP",
  port: null,
  path: "/",
  success: 399,
  interval: 10,
  timeout: 10,
  healthy: 3,
  unhealthy: 3,
};

/** The same for instances of a Service with externalTrafficPolicy Local: kube-proxy says whether a pod is there. */
export const nodePortCheck = (port: number): Check => ({
  protocol: "HTTP",
  port,
  path: "/healthz",
  success: 399,
  interval: 10,
  timeout: 6,
  healthy: 2,
  unhealthy: 2,
});

/** Of an application load balancer. */
export const HTTP_CHECK: Check = {
  protocol: "HTTP",
  port: null,
  path: "/",
  success: 200,
  interval: 15,
  timeout: 5,
  healthy: 2,
  unhealthy: 2,
};

/** Checks a target for ever, and writes its state. The first success makes a new target healthy. */
export function* checking(ns: Netns, target: Target, check: Check): Program {
  const { cables } = ns;
  let row = 0;
  let wasWell: boolean | null = null;
  for (;;) {
    const began = cables.now;
    const failure = yield* probe(ns, target, check);
    const isWell = failure === null;
    row = isWell === wasWell ? row + 1 : 1;
    wasWell = isWell;
    if (isWell && (target.state === "initial" || row >= check.healthy)) {
      target.state = "healthy";
      target.reason = "";
    } else if (!isWell && row >= check.unhealthy) {
      target.state = "unhealthy";
      target.reason = failure;
    }
    // Somebody waits for a new target's state; and a lab is quiet between two checks that nobody answers.
    const background = target.state !== "initial";
    const next = Math.max(began + check.interval * SECOND, cables.now + SECOND);
    while (cables.now < next) yield { until: next, background };
  }
}

/** What is wrong, as `describe-target-health` says it, or null. */
function* probe(ns: Netns, target: Target, check: Check): Asking<string | null> {
  const { protocol, port, path, success, timeout } = check;
  const { now } = ns.cables;
  const until = now + timeout * SECOND;
  const socket = new TcpSocket(ns, "health-check", 4);
  try {
    const failed = yield* connected(socket, target.address, port ?? target.port, until);
    if (failed !== null) return failed === "ETIMEDOUT" ? "Target.Timeout" : "Target.FailedHealthChecks";
    if (protocol === "TCP") return null;
    const host = `${target.address}:${port ?? target.port}`;
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\n\r\n`;
    socket.send(new TextEncoder().encode(head));
    let text = "";
    while (!text.includes("\r\n")) {
      const piece = yield* more(socket, until);
      if (piece === null) return "Target.Timeout";
      if (typeof piece === "string" || piece.end) return "Target.FailedHealthChecks";
      text += new TextDecoder().decode(piece.data);
    }
    const status = Number(/^HTTP\/\S+ (\d{3})/.exec(text)?.[1]);
    return status >= 200 && status <= success ? null : `Target.ResponseCodeMismatch [${status}]`;
  } finally {
    socket.close();
  }
}
