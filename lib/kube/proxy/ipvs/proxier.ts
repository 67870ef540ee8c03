// kube-proxy in its IPVS mode, in a namespace: addresses on kube-ipvs0, sets, virtual servers, and a few rules.
// Before you edit: pkg/proxy/ipvs/proxier.go (NewProxier, syncProxyRules, syncService), pkg/proxy/ipvs/netlink_linux.go.
import { SCHEDULERS } from "../../../ipvs/schedulers/registry.ts";
import type { ServiceKey } from "../../../ipvs/service.ts";
import { type Balancing, balancingOf } from "../../../netns/ipvs/balancing.ts";
import { notModelled } from "../../../tools/command.ts";
import type { Ip } from "../../../wire/address.ts";
import { PROTOCOL } from "../../../wire/packet.ts";
import { ensureJumps } from "../iptables/proxier.ts";
import type { Proxier } from "../proxier.ts";
import type { ProxySettings } from "../settings.ts";
import { type Place, run, succeeds } from "../tool.ts";
import type { Standpoint } from "../topology.ts";
import type { Tracker } from "../tracker.ts";
import { GracefulTermination, realServer } from "./graceful.ts";
import { type IpvsPlan, planIpvs, serverKey, type VirtualServer } from "./plan.ts";
import { IPVS_JUMPS, ipvsRestoreText } from "./rules.ts";
import { createLine, SET_NAMES, setName } from "./sets.ts";

const DEVICE = "kube-ipvs0";
const SCHEDULER = "rr";
/** The bits of an address that count for who the client is. */
const EVERY_BIT = 32;
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
  /** What was written last. */
  private written: IpvsPlan | null = null;

  constructor(place: Place, tracker: Tracker, settings: ProxySettings, at: Standpoint) {
    this.place = place;
    this.tracker = tracker;
    this.settings = settings;
    this.at = at;
    this.graceful = new GracefulTermination(place.lab, balancingOf(place.ns).ipvs.services);
  }

  rules(): string {
    const plan = this.plan();
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

  sync(): void {
    const { place, settings } = this;
    if (settings.family === 6) throw notModelled("kube-proxy", "--proxy-mode=ipvs with IPv6", "IPv4");
    this.tracker.takeChanges();
    const plan = this.plan();
    for (const { protocol } of plan.servers.values())
      if (protocol === "SCTP") throw notModelled("kube-proxy --proxy-mode=ipvs", "protocol: SCTP", "TCP, UDP");
    if (this.written === null) this.prepare();
    this.bind(plan);
    this.fillSets(plan);
    this.serve(plan);
    run(place, ["iptables-restore", "--noflush", "--counters"], ipvsRestoreText(plan, settings));
    this.written = plan;
  }

  /** Addresses and virtual servers are seen by everything. */
  readonly canWait = false;

  putOff(write: () => void): void {
    write();
  }

  private plan(): IpvsPlan {
    const { tracker, settings, at } = this;
    const { ns } = this.place;
    const nodeAddresses: Ip[] = [];
    for (const [device, { addresses }] of ns.inet)
      if (device.name !== DEVICE) for (const { local } of addresses) if (!local.isLoopback) nodeAddresses.push(local);
    return planIpvs({ tracker, settings, at, nodeAddresses });
  }

  private prepare(): void {
    const { place } = this;
    for (const each of SYSCTLS) place.ns.sysctls.set(each, "1");
    if (!place.ns.devices.has(DEVICE)) run(place, ["ip", "link", "add", DEVICE, "type", "dummy"]);
    run(place, ["ipset", "restore"], SET_NAMES.map((name) => `${createLine(name, 4)}\n`).join(""));
    ensureJumps(place, 4, IPVS_JUMPS);
  }

  private bind(plan: IpvsPlan): void {
    const { place, written } = this;
    const before = written?.sets.get("IPVS-IPS");
    const now = plan.sets.get("IPVS-IPS")!;
    // What another proxier bound before stays so.
    for (const each of now) if (!before?.has(each)) succeeds(place, ["ip", "addr", "add", `${each}/32`, "dev", DEVICE]);
    for (const each of before ?? [])
      if (!now.has(each)) succeeds(place, ["ip", "addr", "del", `${each}/32`, "dev", DEVICE]);
  }

  private fillSets(plan: IpvsPlan): void {
    const lines: string[] = [];
    for (const [name, elements] of plan.sets) {
      const before = this.written?.sets.get(name);
      for (const each of before ?? []) if (!elements.has(each)) lines.push(`del ${setName(name, 4)} ${each} -exist\n`);
      for (const each of elements) if (!before?.has(each)) lines.push(`add ${setName(name, 4)} ${each} -exist\n`);
    }
    if (lines.length > 0) run(this.place, ["ipset", "restore"], lines.join(""));
  }

  private serve(plan: IpvsPlan): void {
    const balancing = balancingOf(this.place.ns);
    for (const server of plan.servers.values()) this.open(balancing, server);
    for (const { key } of balancing.ipvs.services.list())
      if (key.kind === "address" && !plan.servers.has(serverKey(nameOf(key.protocol), key.address, key.port)))
        balancing.ipvs.services.delete(key);
    balancing.settle();
  }

  private open({ ipvs: { services } }: Balancing, server: VirtualServer): void {
    const key = keyOf(server);
    const scheduler = SCHEDULERS.get(SCHEDULER)!;
    const spec = { scheduler, persistent: server.persistent, netmask: EVERY_BIT, onePacket: false, flags: 0 };
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
  protocol: protocol === "TCP" ? PROTOCOL.tcp : PROTOCOL.udp,
});

const nameOf = (protocol: number): string => (protocol === PROTOCOL.tcp ? "TCP" : "UDP");

/** As `ipvsadm --save` would print them. */
function serverLines({ protocol, address, port, persistent, endpoints }: VirtualServer): string[] {
  const host = address.family === 6 ? `[${address}]` : address.text;
  const option = { TCP: "-t", UDP: "-u", SCTP: "--sctp-service" }[protocol];
  const end = `${option} ${host}:${port}`;
  return [
    `-A ${end} -s ${SCHEDULER}${persistent === null ? "" : ` -p ${persistent}`}`,
    ...endpoints.map(({ text }) => `-a ${end} -r ${text} -m -w 1`),
  ];
}
