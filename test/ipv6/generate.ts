// Random small networks of IPv6, built by command lines, with pings that are captured: hosts on a bridge, routers in a
// row, routes that lead wrong, switches that are off.
import seedrandom from "seedrandom";

export interface Script {
  readonly name: string;
  readonly build: readonly string[];
  readonly asks: readonly string[];
}

/** The kernel's chance is taken away, and what is not modelled switched off. */
const QUIET = "net.ipv6.conf.all.router_solicitations=0 net.ipv6.conf.default.router_solicitations=0";
const AT_ONCE =
  "net.ipv6.conf.all.router_solicitation_delay=0 net.ipv6.conf.default.router_solicitation_delay=0 " +
  "net.ipv6.conf.all.accept_redirects=0 net.ipv6.conf.default.accept_redirects=0";

/** What is compared: ICMPv6 without a header before it, for reports of listeners (MLD) go at random moments, and UDP. */
export const FILTER = "icmp6 or udp";

class Dice {
  private readonly random: () => number;

  constructor(seed: string) {
    this.random = seedrandom.alea(seed);
  }
  whole(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }
  of<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)]!;
  }
  chance(share: number): boolean {
    return this.random() < share;
  }
}

interface Port {
  readonly ns: string;
  readonly dev: string;
  readonly net: number;
  readonly address: string;
  readonly linkLocal: string;
}

/** A chain of routers between networks; hosts on each network, some behind a bridge. */
function draw(seed: string): Script {
  const dice = new Dice(seed);
  const build: string[] = [];
  const ports: Port[] = [];
  const spaces: string[] = [];
  let macs = 0;
  const space = (name: string, forwards: boolean) => {
    spaces.push(name);
    build.push(`ip netns add ${name}`);
    build.push(`ip netns exec ${name} sysctl -qw net.ipv6.conf.all.disable_ipv6=0 ${QUIET} ${AT_ONCE}`);
    build.push(`ip netns exec ${name} sysctl -qw net.ipv6.auto_flowlabels=0`);
    if (forwards && !dice.chance(0.08)) build.push(`ip netns exec ${name} sysctl -qw net.ipv6.conf.all.forwarding=1`);
    build.push(`ip -n ${name} link set lo up`);
  };
  const routers = dice.whole(1, 3);
  const nets = routers + 1;
  for (let i = 0; i < routers; i++) space(`r${i}`, true);
  const attach = (ns: string, dev: string, net: number, host: number) => {
    const mac = `02:00:00:00:01:${(++macs).toString(16).padStart(2, "0")}`;
    build.push(`ip link add p${macs} type veth peer name t${macs}`);
    build.push(`ip link set t${macs} netns ${ns}`);
    build.push(`ip -n ${ns} link set t${macs} name ${dev}`);
    build.push(`ip -n ${ns} link set ${dev} address ${mac}`);
    build.push(`ip link set p${macs} master br${net}`);
    build.push(`ip link set p${macs} up`);
    if (dice.chance(0.1)) build.push(`ip -n ${ns} link set ${dev} mtu ${dice.of([1280, 1400])}`);
    build.push(`ip -n ${ns} link set ${dev} up`);
    const address = `fd00:${net + 1}::${host}`;
    const length = dice.chance(0.1) ? dice.of([48, 96, 128]) : 64;
    if (!dice.chance(0.08)) build.push(`ip -n ${ns} addr add ${address}/${length} dev ${dev} nodad`);
    if (dice.chance(0.15)) build.push(`ip -n ${ns} addr add 2001:db8:${net + 1}::${host}/64 dev ${dev} nodad`);
    const linkLocal = `fe80::ff:fe00:1${macs.toString(16).padStart(2, "0")}`;
    ports.push({ ns, dev, net, address, linkLocal });
  };
  for (let net = 0; net < nets; net++) {
    build.push(`ip link add br${net} address 02:00:00:00:02:0${net} type bridge mcast_snooping 0`);
    build.push(`ip link set br${net} up`);
  }
  for (let i = 0; i < routers; i++) {
    attach(`r${i}`, "left", i, 1);
    attach(`r${i}`, "right", i + 1, 2);
  }
  for (let net = 0; net < nets; net++)
    for (let host = 0; host < dice.whole(1, 2); host++) {
      const ns = `h${net}${host}`;
      space(ns, false);
      attach(ns, "eth0", net, 16 + host);
      // The default route: by the router's address or its link-local one, now and then by nobody's.
      const near = ports.filter((port) => port.net === net && port.ns.startsWith("r"));
      const router = dice.of(near);
      const via = dice.chance(0.1) ? `fd00:${net + 1}::99` : dice.chance(0.4) ? router.linkLocal : router.address;
      if (!dice.chance(0.1)) build.push(`ip -n ${ns} -6 route add default via ${via} dev eth0`);
      if (dice.chance(0.15)) build.push(`ip -n ${ns} -6 route add ${wrong(dice, nets)}`);
    }
  for (let i = 0; i < routers; i++)
    for (let net = 0; net < nets; net++) {
      if (net === i || net === i + 1 || dice.chance(0.07)) continue;
      const right = net > i;
      const next = ports.find(
        (port) => port.ns === `r${right ? i + 1 : i - 1}` && port.dev === (right ? "left" : "right"),
      )!;
      const dev = right ? "right" : "left";
      const via = dice.chance(0.4) ? next.linkLocal : next.address;
      build.push(`ip -n r${i} -6 route add fd00:${net + 1}::/64 via ${via} dev ${dev}`);
      if (dice.chance(0.1)) build.push(`ip -n r${i} -6 route add ${wrong(dice, nets)}`);
    }
  return { name: seed, build, asks: asks(dice, ports, spaces) };
}

function wrong(dice: Dice, nets: number): string {
  const type = dice.of(["unreachable", "blackhole", "prohibit"]);
  return `${type} fd00:${dice.whole(1, nets)}::${dice.of(["/64", "1/128", "10/128", "/112"])} metric ${dice.of([1, 512, 2000])}`;
}

function asks(dice: Dice, ports: readonly Port[], spaces: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = dice.whole(4, 7); i > 0; i--) {
    const from = dice.of(ports);
    lines.push(ask(dice, ports, from), "sleep 0.4", `ip -n ${dice.of(spaces)} -6 route get ${dice.of(ports).address}`);
  }
  // Every question has its answer by then, or none, and no proof of a neighbour is under way.
  lines.push("sleep 6", "unwatch");
  for (const { ns, dev } of ports) lines.push(`frames ${ns} ${dev}`);
  for (const ns of spaces) lines.push(`counters ${ns}`, `ip -n ${ns} -6 route show table all`, `ip -n ${ns} -6 neigh`);
  return lines;
}

/** A ping, or a datagram to a port where nobody listens. */
function ask(dice: Dice, ports: readonly Port[], from: Port): string {
  const to = dice.of(ports);
  const kind = dice.whole(1, 14);
  const target =
    kind === 1
      ? to.address.replace(/[^:]+$/, "77")
      : kind === 2
        ? `${ports.find((port) => port.net === from.net && port !== from)?.linkLocal ?? from.linkLocal}%${from.dev}`
        : kind === 3
          ? dice.of([`ff02::2%${from.dev}`, "::1", "2001:db9::1", `fd00:${to.net + 1}::`])
          : to.address;
  if (kind >= 13) return `echo hello | ip netns exec ${from.ns} nc -u -w 1 ${target} 9`;
  const flags = dice.chance(0.25) ? ` -t ${dice.whole(1, 3)}` : "";
  const size = dice.chance(0.3) ? ` -s ${dice.of([0, 1000, 1300, 1452, 1453, 3000])}` : "";
  const count = target.startsWith("ff02") ? 1 : dice.of([1, 1, 2]);
  return `ip netns exec ${from.ns} ping -c ${count} -i 0.2 -W 1${flags}${size} ${target}`;
}

export function scripts(count: number, seed: string): Script[] {
  return Array.from({ length: count }, (_, i) => draw(`ipv6/${seed}/${i}`));
}

/** All its lines: what builds it, time for duplicate address detection and carriers, and what is asked. */
export function scriptLines({ build, asks: asked }: Script): string[] {
  return [...build, "sleep 2.6", ...patient(build), "watch", ...asked];
}

/** Neighbours are believed for long, so that none becomes doubtful in the middle, and proved soon. */
function patient(build: readonly string[]): string[] {
  return build.flatMap((line) => {
    const [, ns, dev] = /^ip -n (\w+) link set t\d+ name (\w+)$/.exec(line) ?? [];
    return ns === undefined
      ? []
      : ["base_reachable_time_ms=100000", "delay_first_probe_time=1"].map(
          (value) => `ip netns exec ${ns} sysctl -qw net.ipv6.neigh.${dev}.${value}`,
        );
  });
}
