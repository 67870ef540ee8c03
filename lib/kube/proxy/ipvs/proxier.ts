// kube-proxy in its IPVS mode, in a namespace: addresses on kube-ipvs0, sets, virtual servers, and a few rules.
// Before you edit: pkg/proxy/ipvs/proxier.go (NewProxier, syncProxyRules, syncService), pkg/proxy/ipvs/netlink_linux.go.
import { BALANCED, protocolName } from "../../../ipvs/protocol.ts";
import { SCHEDULERS } from "../../../ipvs/schedulers/registry.ts";
import { EVERY_CLIENT, type ServiceKey } from "../../../ipvs/service.ts";
import { addHosts } from "../../../netns/ipv4/fib.ts";
import { type Balancing, balancingOf } from "../../../netns/ipvs/balancing.ts";
import { notModelled } from "../../../tools/command.ts";
import { type Ip, ipv4 } from "../../../wire/address.ts";
import { ensureJumps } from "../iptables/proxier.ts";
import type { Proxier } from "../proxier.ts";
import type { ProxySettings } from "../settings.ts";
import { type Place, run, succeeds } from "../tool.ts";
import type { Standpoint } from "../topology.ts";
import type { Tracker } from "../tracker.ts";
import { GracefulTermination, realServer } from "./graceful.ts";
import { type IpvsSurroundings, Planner, planIpvs, serverKey, type VirtualServer } from "./plan.ts";
import { IPVS_JUMPS, ipvsRestoreText } from "./rules.ts";
import { createLine, SET_NAMES, setName } from "./sets.ts";
import { WrittenPlan } from "./written.ts";

const DEVICE = "kube-ipvs0";
const SCHEDULER = "rr";
const SYSCTLS = [
  "net.ipv4.vs.conntrack",
  "net.ipv4.vs.expire_nodest_conn",
  "net.ipv4.vs.expire_quiescent_template",
  "net.ipv4.ip_forward",
];

export class IpvsProxier implements Proxier {
  private readonly place: Place;
  private readonly tracker: Tracker;
  private readonly settings: ProxySettings;
  private readonly at: Standpoint;
  private readonly graceful: GracefulTermination;
  private readonly written = new WrittenPlan();
  /** The node's addresses that it was made for; null before the first sync. */
  private plannedAt: string | null = null;

  constructor(place: Place, tracker: Tracker, settings: ProxySettings, at: Standpoint) {
    this.place = place;
    this.tracker = tracker;
    this.settings = settings;
    this.at = at;
    this.graceful = new GracefulTermination(place.lab, balancingOf(place.ns).ipvs.services);
  }

  rules(): string {
    const plan = planIpvs(this.surroundings());
    const { family } = this.settings;
    const elements = [...plan.sets].flatMap(([name, each]) =>
      [...each].map((element) => `add ${setName(name, family)} ${element}`),
    );
    const bound = [...plan.sets.get("IPVS-IPS")!].map((each) => `address add ${each} dev ${DEVICE}`);
    const servers = [...plan.servers.values()].flatMap(serverLines);
    return [
      `# ip -batch\nlink add ${DEVICE} type dummy`,
      ...bound,
      "# ipset restore",
      ...SET_NAMES.map((name) => createLine(name, family)),
      ...elements,
      "# ipvsadm --restore",
      ...servers,
      `# iptables-restore --noflush --counters\n${ipvsRestoreText(plan, this.settings)}`,
    ].join("\n");
  }

  sync(isFull = false): void {
    const { place, settings, tracker, written } = this;
    if (settings.family === 6) throw notModelled("kube-proxy", "--proxy-mode=ipvs with IPv6", "IPv4");
    const surroundings = this.surroundings();
    const at = surroundings.nodeAddresses.join();
    const changed = tracker.takeChanges();
    const keys = isFull || at !== this.plannedAt ? new Set([...tracker.services.keys(), ...written.services]) : changed;
    // Until it is done, the next sync begins with everything.
    const isFirst = this.plannedAt === null;
    this.plannedAt = "";
    const planner = new Planner(surroundings);
    const plans = [...keys].map((key) => [key, tracker.services.has(key) ? planner.contribution(key) : null] as const);
    if (isFirst) this.prepare();
    for (const [key, plan] of plans) written.replace(key, plan);
    this.fillSets();
    this.serve();
    run(place, ["iptables-restore", "--noflush", "--counters"], ipvsRestoreText(written, settings));
    this.plannedAt = at;
  }

  /** Addresses and virtual servers are seen by everything. */
  readonly canWait = false;
  readonly answersHealthChecks = true;

  putOff(write: () => void): void {
    write();
  }

  private surroundings(): IpvsSurroundings {
    const { tracker, settings, at } = this;
    const nodeAddresses: Ip[] = [];
    for (const [device, { addresses }] of this.place.ns.inet)
      if (device.name !== DEVICE) for (const { local } of addresses) if (!local.isLoopback) nodeAddresses.push(local);
    return { tracker, settings, at, nodeAddresses };
  }

  private prepare(): void {
    const { place } = this;
    for (const each of SYSCTLS) place.ns.sysctls.set(each, "1");
    if (!place.ns.devices.has(DEVICE)) run(place, ["ip", "link", "add", DEVICE, "type", "dummy"]);
    run(place, ["ipset", "restore"], SET_NAMES.map((name) => `${createLine(name, 4)}\n`).join(""));
    ensureJumps(place, 4, IPVS_JUMPS);
  }

  private fillSets(): void {
    const lines: string[] = [];
    for (const name of SET_NAMES) {
      const { came, gone } = this.written.takeElements(name);
      for (const each of gone) lines.push(`del ${setName(name, 4)} ${each} -exist\n`);
      for (const each of came) lines.push(`add ${setName(name, 4)} ${each} -exist\n`);
      if (name === "IPVS-IPS") this.bind(came, gone);
    }
    if (lines.length > 0) run(this.place, ["ipset", "restore"], lines.join(""));
  }

  /** What another proxier bound before stays so. */
  private bind(came: readonly string[], gone: readonly string[]): void {
    const { ns } = this.place;
    if (came.length > 0) addHosts(ns, ns.devices.get(DEVICE)!, came.map(ipv4));
    for (const each of gone) succeeds(this.place, ["ip", "addr", "del", `${each}/32`, "dev", DEVICE]);
  }

  private serve(): void {
    const { written } = this;
    const balancing = balancingOf(this.place.ns);
    const { services } = balancing.ipvs;
    for (const [, server] of written.takeServers()) if (server !== null) this.open(balancing, server);
    if (services.size !== written.servers.size)
      for (const { key } of services.list())
        if (
          key.kind === "address" &&
          !written.servers.has(serverKey(protocolName(key.protocol), key.address, key.port))
        )
          services.delete(key);
    balancing.settle();
  }

  private open({ ipvs: { services } }: Balancing, server: VirtualServer): void {
    const key = keyOf(server);
    const scheduler = SCHEDULERS.get(SCHEDULER)!;
    const spec = { scheduler, persistent: server.persistent, netmask: EVERY_CLIENT[4], onePacket: false, flags: 0 };
    const known = services.named(key);
    if (known === null) services.add(key, spec);
    else if (known.persistent !== spec.persistent) services.edit(key, spec);
    const service = services.named(key)!;
    const wanted = new Map(server.endpoints.map((each) => [each.text, each]));
    for (const each of wanted.values()) {
      const real = realServer(each.ip, each.port);
      const isThere = service.find(real.address, real.port) !== null;
      if (isThere && !this.graceful.takeBack(key, real)) continue;
      services.addServer(key, real);
    }
    for (const { address, port } of [...service.destinations()])
      if (!wanted.has(`${address}:${port}`)) this.graceful.end(key, realServer(address.text, port));
  }
}

const keyOf = ({ protocol, address, port }: VirtualServer): ServiceKey => ({
  ...{ kind: "address", address, port },
  protocol: BALANCED.find(({ name }) => name === protocol)!.number,
});

/** As `ipvsadm --save` would print them. */
function serverLines({ protocol, address, port, persistent, endpoints }: VirtualServer): string[] {
  const host = address.family === 6 ? `[${address}]` : address.text;
  const { option } = BALANCED.find(({ name }) => name === protocol)!;
  const end = `${option} ${host}:${port}`;
  return [
    `-A ${end} -s ${SCHEDULER}${persistent === null ? "" : ` -p ${persistent}`}`,
    ...endpoints.map(({ text }) => `-a ${end} -r ${text} -m -w 1`),
  ];
}
