// Probes: a kubelet asks a container, from the node, whether it is ready or alive; the questions are real packets.
// Before you edit: pkg/kubelet/prober/{worker,prober}.go, pkg/probe/{http,tcp,exec}.
import type { Lab } from "../../lab/lab.ts";
import type { Process, Program } from "../../lab/process.ts";
import { type Asking, connected, more } from "../../lab/programs.ts";
import type { Netns } from "../../netns/netns.ts";
import { TcpSocket } from "../../netns/tcp/tcp.ts";
import { shellProgram } from "../../tools/shell.ts";
import { SECOND, type Timer } from "../../trace/world.ts";
import { ipv4 } from "../../wire/address.ts";
import type { Container, Probe } from "../shapes.ts";

/** Null is yes; else why not, as the event says it. */
type Answer = string | null;

export interface Probed {
  readonly lab: Lab;
  /** The node asks; exec runs in the pod. */
  readonly node: Netns;
  readonly pod: Netns;
  readonly address: string;
  readonly container: Container;
}

const portOf = (container: Container, port: number | string): number =>
  typeof port === "number" ? port : (container.ports?.find(({ name }) => name === port)?.containerPort ?? 0);

function* ask(probe: Probe, { lab, node, pod, address, container }: Probed): Asking<Answer> {
  const until = lab.now + (probe.timeoutSeconds ?? 1) * SECOND;
  if (probe.exec !== undefined) {
    let said = "";
    const out = (text: string) => (said += text);
    const line = probe.exec.command.map((word) => `'${word}'`).join(" ");
    const status = yield* shellProgram(lab, { ns: pod, container: container.name }, line, { out, err: out });
    return status === 0 ? null : said;
  }
  const { httpGet, tcpSocket } = probe;
  const port = portOf(container, (httpGet ?? tcpSocket)!.port);
  const socket = new TcpSocket(node, "kubelet", 4);
  try {
    const failed = yield* connected(socket, ipv4(address), port, until);
    const path = httpGet?.path ?? "/";
    const url = `Get "http://${address}:${port}${path}": `;
    if (failed !== null) {
      const why = failed === "ETIMEDOUT" ? "i/o timeout" : "connect: connection refused";
      return `${httpGet === undefined ? "" : url}dial tcp ${address}:${port}: ${why}`;
    }
    if (httpGet === undefined) return null;
    socket.send(
      new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: ${address}:${port}\r\nConnection: close\r\n\r\n`),
    );
    const piece = yield* more(socket, until);
    if (piece === null || typeof piece === "string" || piece.end)
      return `${url}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
    const [, code = "0"] = new TextDecoder().decode(piece.data).split(" ");
    return Number(code) >= 200 && Number(code) < 400 ? null : `HTTP probe failed with statuscode: ${code}`;
  } finally {
    socket.close();
  }
}

/** What becomes of a probe's answers. */
export interface Hearing {
  /** Every failure, in the words of its event. */
  readonly failed: (why: string) => void;
  /** An answer that has come often enough to be believed. */
  readonly believed: (isWell: boolean) => void;
  /** It is not asked now; its time passes nevertheless. */
  readonly isHeld: () => boolean;
}

/** One probe of one container: asks again and again. */
export class Prober {
  private readonly probe: Probe;
  private readonly probed: Probed;
  private readonly hearing: Hearing;
  /** initialDelaySeconds end then. */
  private readonly begin: number;
  private timer: Timer | null = null;
  private process: Process | null = null;
  private streak = 0;
  private last: boolean | null = null;

  constructor(probe: Probe, probed: Probed, hearing: Hearing) {
    this.probe = probe;
    this.probed = probed;
    this.hearing = hearing;
    const delay = (probe.initialDelaySeconds ?? 0) * SECOND;
    this.begin = probed.lab.now + delay;
    this.again(delay);
  }

  stop(): void {
    this.timer?.cancel();
    this.process?.kill(0);
  }

  /** Asks at once, and from now on after each period (manualTriggerCh). */
  now(): void {
    if (this.process !== null || this.probed.lab.now < this.begin) return;
    this.timer?.cancel();
    this.once();
  }

  /** A lab does not wait for probes: they go on for ever. */
  private again(delay: number): void {
    this.timer = this.probed.lab.later(delay, () => this.once(), true);
  }

  private once(): void {
    const { lab, node } = this.probed;
    if (this.hearing.isHeld()) return this.again((this.probe.periodSeconds ?? 10) * SECOND);
    const silent = { ns: node, out: () => {}, err: () => {} };
    this.process = lab.start("kubelet", silent, this.run());
  }

  private *run(): Program {
    const { probe, hearing } = this;
    const answer = yield* ask(probe, this.probed);
    const isWell = answer === null;
    this.streak = isWell === this.last ? this.streak + 1 : 1;
    this.last = isWell;
    const threshold = isWell ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    this.again((probe.periodSeconds ?? 10) * SECOND);
    // It has its answer: who is told of it may stop the prober, but nobody can end a program that is running.
    this.process = null;
    if (answer !== null) hearing.failed(answer);
    if (this.streak >= threshold) hearing.believed(isWell);
    return 0;
  }
}
