// kube-proxy in its userspace mode, the oldest: it takes every connection itself and makes another one to an endpoint, so
// the endpoint sees the node; if an endpoint does not answer, the next one is asked.
// Before you edit: pkg/proxy/userspace/proxier.go of v1.25 (mergeService, unmergeService, claimNodePort).
import type { Process } from "../../../lab/process.ts";
import { unquotedWords } from "../../../netfilter/text/quote.ts";
import { notModelled } from "../../../tools/command.ts";
import type { Ip } from "../../../wire/address.ts";
import { BadInput } from "../../../wire/input.ts";
import { sameJson } from "../../api/object.ts";
import type { Proxier } from "../proxier.ts";
import type { ServicePort } from "../service-port.ts";
import type { ProxySettings } from "../settings.ts";
import { type Place, run, succeeds } from "../tool.ts";
import type { Tracker } from "../tracker.ts";
import { RoundRobin } from "./balancer.ts";
import { USERSPACE_JUMPS, type UserspaceRule, userspaceRules } from "./rules.ts";
import { openTcp, openUdp, PROGRAM, proxyTcp, proxyUdp } from "./socket.ts";

/** A Service's port that is listened for. */
interface Open {
  readonly service: ServicePort;
  readonly proxyPort: number;
  readonly process: Process;
  readonly balancer: RoundRobin;
  readonly rules: readonly UserspaceRule[];
  /** Holds the node port, so that nobody else takes it. */
  readonly claim: { close(): void } | null;
}

const NO_PORTS: readonly ServicePort[] = [];

export class UserspaceProxier implements Proxier {
  private readonly place: Place;
  private readonly tracker: Tracker;
  private readonly hostIP: Ip;
  /** By the port's whole name. */
  private readonly open = new Map<string, Open>();
  private readonly byService = new Map<string, readonly string[]>();
  private isPrepared = false;

  constructor(place: Place, tracker: Tracker, { family, nodeIP }: ProxySettings) {
    if (family === 6) throw notModelled("kube-proxy", "--proxy-mode=userspace with IPv6", "IPv4");
    if (nodeIP === null)
      throw new BadInput("kube-proxy's userspace mode needs an address of the node", "none", "Say --node-ips.");
    this.place = place;
    this.tracker = tracker;
    this.hostIP = nodeIP;
  }

  /** Ports are known when they are listened at: this syncs. */
  rules(): string {
    this.sync();
    const lines = USERSPACE_JUMPS.map(([table, to, way, from, words]) => `${table}: ${way} ${from} ${words} -j ${to}`);
    for (const { rules } of this.open.values()) for (const [table, rule] of rules) lines.push(`${table}: -A ${rule}`);
    return `${lines.join("\n")}\n`;
  }

  sync(isFull = !this.isPrepared): void {
    const { tracker, byService } = this;
    if (!this.isPrepared) this.prepare();
    const changed = tracker.takeChanges();
    const away: UserspaceRule[] = [];
    const more: UserspaceRule[] = [];
    for (const key of isFull ? new Set([...tracker.services.keys(), ...byService.keys()]) : changed) {
      const ports = (tracker.services.get(key) ?? NO_PORTS).filter(({ protocol }) => protocol !== "SCTP");
      const names = ports.map(({ name, protocol }) => `${protocol} ${name}`);
      for (const name of byService.get(key) ?? []) if (!names.includes(name)) away.push(...this.close(name));
      for (const [i, service] of ports.entries()) {
        const known = this.open.get(names[i]!);
        if (known !== undefined && !sameJson(known.service, service)) away.push(...this.close(names[i]!));
        if (!this.open.has(names[i]!)) more.push(...this.listen(names[i]!, service));
        this.open.get(names[i]!)?.balancer.set(tracker.endpointsOfPort(service).filter(({ ready }) => ready));
      }
      if (names.length === 0) byService.delete(key);
      else byService.set(key, names);
    }
    this.change("-D", away);
    this.change("-A", more);
  }

  /** Sockets are seen by everything. */
  readonly canWait = false;
  /** It knows no traffic policies. */
  readonly answersHealthChecks = false;

  putOff(write: () => void): void {
    write();
  }

  stop(): void {
    for (const name of [...this.open.keys()]) this.close(name);
  }

  /** Whom a connection to this port of the node could be handed on to; null: it is none of the proxy's. */
  behind(protocol: string, port: number): readonly string[] | null {
    for (const { service, proxyPort, balancer } of this.open.values())
      if (proxyPort === port && service.protocol.toLowerCase() === protocol)
        return balancer.all.map(({ text }) => text).sort();
    return null;
  }

  private prepare(): void {
    const { place } = this;
    for (const [table, to, way, from, words] of USERSPACE_JUMPS) {
      const rule = unquotedWords(words);
      const on = ["iptables", "-t", table];
      if (!succeeds(place, [...on, "-N", to])) run(place, [...on, "-F", to]);
      if (!succeeds(place, [...on, "-C", from, ...rule, "-j", to])) run(place, [...on, way, from, ...rule, "-j", to]);
    }
    this.isPrepared = true;
  }

  /** Without a free port the Service is left out. */
  private listen(name: string, service: ServicePort): readonly UserspaceRule[] {
    const { lab, ns } = this.place;
    const balancer = new RoundRobin(lab);
    balancer.affinity = service.affinity;
    const says = { ns, out: () => {}, err: () => {} };
    const { nodePort } = service;
    let process: Process;
    let proxyPort: number;
    if (service.protocol === "TCP") {
      const socket = openTcp(ns, 0);
      if (socket === null) return [];
      proxyPort = socket.local.port;
      process = lab.start(
        PROGRAM,
        says,
        proxyTcp(ns, socket, balancer, (copy) => void lab.start(PROGRAM, says, copy)),
      );
    } else {
      const socket = openUdp(ns, 0);
      if (socket === null) return [];
      proxyPort = socket.local.port;
      process = lab.start(PROGRAM, says, proxyUdp(ns, socket, balancer));
    }
    const claim = nodePort === 0 ? null : (service.protocol === "TCP" ? openTcp : openUdp)(ns, nodePort);
    // Where the node port is taken there is no rule for it, and no other that would come after it.
    const served = nodePort !== 0 && claim === null ? { ...service, nodePort: 0 } : service;
    const rules = userspaceRules(served, proxyPort, this.hostIP);
    this.open.set(name, { service, proxyPort, process, balancer, rules, claim });
    return rules;
  }

  /** Connections that are open stay so. */
  private close(name: string): readonly UserspaceRule[] {
    const { process, claim, rules } = this.open.get(name) ?? { process: null, claim: null, rules: [] };
    process?.kill(0);
    claim?.close();
    this.open.delete(name);
    return rules;
  }

  private change(command: "-A" | "-D", rules: readonly UserspaceRule[]): void {
    for (const table of ["nat", "filter"] as const) {
      const lines = rules.flatMap(([each, rule]) => (each === table ? [`${command} ${rule}`] : []));
      if (lines.length > 0)
        run(this.place, ["iptables-restore", "--noflush"], `*${table}\n${lines.join("\n")}\nCOMMIT\n`);
    }
  }
}
