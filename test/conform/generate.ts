// Random labs within the slice that is modelled. Most make sense, so that packets get far; then some things are made
// wrong: gateways nobody has, devices that are down, MTUs that don't fit, neighbours with somebody else's MAC.
import { type RouteType, TABLE } from "../../lib/ip/route.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import type { Machine } from "../../lib/lab/machine.ts";
import type { Device } from "../../lib/link/device.ts";
import { addAddress, addRoute, setDown, setMac, setMaster, setMtu, setUp } from "../../lib/netns/configure.ts";
import { neighbourOf } from "../../lib/netns/ipv4/arp.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { Ipv4, ipv4, Prefix4 } from "../../lib/wire/address.ts";
import { Mac } from "../../lib/wire/mac.ts";
import type { Case } from "./case.ts";
import { Dice } from "./dice.ts";
import { drawQuestions, drawTraffic } from "./traffic.ts";

/** The case of this seed. */
export function generate(seed: string): Case {
  const dice = new Dice(seed);
  const lab = new Lab({ seed });
  new Builder(lab, dice).build();
  return { name: seed, lab: labData(lab), traffic: drawTraffic(lab, dice), questions: drawQuestions(lab, dice) };
}

class Builder {
  private readonly lab: Lab;
  private readonly dice: Dice;
  private readonly taken = new Set<Ipv4>();
  private readonly bridges: Device[] = [];
  /** Bridges that are cabled together already: a second cable would be a loop, and a broadcast would never end. */
  private readonly island = new Map<Device, Device>();

  constructor(lab: Lab, dice: Dice) {
    this.lab = lab;
    this.dice = dice;
  }

  build(): void {
    const { lab, dice } = this;
    const machines = Array.from({ length: dice.whole(1, 4) }, (_, i) => lab.node(`n${i + 1}`));
    for (const [i, machine] of machines.entries()) {
      if (dice.chance(0.75)) machine.forward();
      if (machines.length === 1 || dice.chance(0.7)) this.bridgeWithPods(machine, i);
      if (dice.chance(0.15)) this.bridgeWithPods(machine, 4 + i);
    }
    // A chain, so that there is a way, and sometimes a cable more.
    for (let i = 1; i < machines.length; i++) this.cable(machines[i - 1]!, machines[i]!, i);
    if (machines.length > 2 && dice.chance(0.4)) this.cable(machines[0]!, machines.at(-1)!, 9);
    this.routes(machines);
    for (const ns of lab.namespaces.values()) this.disturb(ns);
  }

  private bridgeWithPods(machine: Machine, number: number): void {
    const { dice, lab } = this;
    const bridge = lab.addBridge(machine.root, `br${number}`, dice.chance(0.2) ? lab.drawMac() : undefined);
    this.bridges.push(bridge);
    setUp(machine.root, bridge);
    const length = dice.of([24, 24, 24, 16, 28]);
    const network = new Prefix4(ipv4(`10.${number < 4 ? 244 : 245}.${number * 16}.0`), length);
    const gateway = dice.chance(0.85) ? this.address(machine.root, bridge, network, 1) : null;
    const pods = dice.of([1, 1, 2, 2, 3, 5]);
    for (let p = 1; p <= pods; p++) {
      const ns = lab.addNetns(machine, `p${number}-${p}`);
      if (dice.chance(0.95)) setUp(ns, ns.devices.get("lo")!);
      const [end, eth0] = lab.addVeth({ ns: machine.root, name: `v${number}-${p}` }, { ns, name: "eth0" });
      setMaster(end, bridge);
      setUp(machine.root, end);
      setUp(ns, eth0);
      this.address(ns, eth0, network, 1 + p);
      if (gateway !== null && dice.chance(0.85)) this.route(ns, "unicast", "0.0.0.0/0", gateway);
    }
  }

  /** An address of a network, usually the one with this number; the broadcast address is given by hand or not. */
  private address(ns: Netns, device: Device, network: Prefix4, number: number): Ipv4 | null {
    const local = Ipv4.of(network.address.bits + number);
    if (this.taken.has(local)) return null;
    this.taken.add(local);
    const broadcast = this.dice.chance(0.4) && network.length < 31 ? network.broadcast : null;
    addAddress(ns, device, local, network.length, { broadcast });
    return local;
  }

  private cable(a: Machine, b: Machine, number: number): void {
    const { dice, lab } = this;
    const [left, right] = lab.addVeth({ ns: a.root, name: `c${number}a` }, { ns: b.root, name: `c${number}b` });
    const network = new Prefix4(ipv4(`192.168.${number}.0`), dice.of([24, 24, 30, 31]));
    const length31 = network.length === 31 ? 0 : 1;
    for (const [i, [machine, end]] of (
      [
        [a, left],
        [b, right],
      ] as const
    ).entries()) {
      setUp(machine.root, end);
      const bridge = this.bridges.find((each) => each.owner === machine.root);
      if (bridge !== undefined && dice.chance(0.2) && this.joins(bridge, end)) setMaster(end, bridge);
      else this.address(machine.root, end, network, length31 + i);
    }
  }

  /** Whether the cable's end may become a port of the bridge: only if the bridges don't form a ring. */
  private joins(bridge: Device, end: Device): boolean {
    const root = (device: Device): Device => {
      const above = this.island.get(device);
      return above === undefined ? device : root(above);
    };
    const other = end.peer!.master;
    if (other === null) return true;
    if (root(other) === root(bridge)) return false;
    this.island.set(root(other), root(bridge));
    return true;
  }

  /** Routes between the machines' networks, most by a neighbour that is there, some by one that is not. */
  private routes(machines: readonly Machine[]): void {
    const { dice } = this;
    const all = [...this.taken];
    for (const machine of machines) {
      const ns = machine.root;
      const others = [...ns.devices.values()].flatMap((device) => {
        const peer = device.peer?.owner as Netns | undefined;
        return peer === undefined ? [] : (peer.inet.get(device.peer!)?.addresses ?? []).map(({ local }) => local);
      });
      const gateway = () => (others.length > 0 && dice.chance(0.85) ? dice.of(others) : dice.of(all));
      for (let i = dice.whole(1, 5); i > 0 && all.length > 0; i--) {
        const target = dice.of(all);
        const prefix = new Prefix4(target, dice.of([8, 16, 20, 24, 24, 28, 32, 0]));
        const type = dice.of<RouteType>([
          "unicast",
          "unicast",
          "unicast",
          "unicast",
          "unicast",
          "blackhole",
          "unreachable",
          "prohibit",
        ]);
        this.route(ns, type, prefix.toString(), gateway(), dice.of([0, 0, 0, 100]));
      }
      if (all.length > 0 && dice.chance(0.5)) this.route(ns, "unicast", "0.0.0.0/0", gateway());
    }
  }

  /** `ip route add`; what the kernel refuses is not there. */
  private route(ns: Netns, type: RouteType, prefix: string, gateway: Ipv4, metric = 0): void {
    const { dice } = this;
    const isUnicast = type === "unicast";
    // Now and then a route on the link itself, without a gateway.
    const devices = [...ns.devices.values()].filter(
      ({ kind, up, master }) => kind !== "loopback" && up && master === null,
    );
    const onLink = isUnicast && devices.length > 0 && dice.chance(0.1) ? dice.of(devices) : null;
    const own = [...ns.inet.values()].flatMap(({ addresses }) => addresses.map(({ local }) => local));
    const [address = "", length] = prefix.split("/");
    addRoute(ns, TABLE.main, {
      type,
      prefix: new Prefix4(ipv4(address), Number(length)),
      via: isUnicast && onLink === null ? gateway : null,
      dev: onLink,
      src: isUnicast && own.length > 0 && dice.chance(0.1) ? dice.of(own) : null,
      metric,
      protocol: dice.chance(0.2) ? "static" : "boot",
      scope: onLink !== null ? "link" : "global",
    });
  }

  private disturb(ns: Netns): void {
    const { dice, lab } = this;
    const devices = [...ns.devices.values()].filter(({ kind }) => kind !== "loopback");
    if (devices.length === 0) return;
    if (dice.chance(0.25)) this.secondAddress(ns, dice.of(devices));
    if (dice.chance(0.12)) setMtu(dice.of(devices), dice.of([576, 600, 1000, 1400, 1496, 9000]));
    if (dice.chance(0.06)) setDown(ns, dice.of(devices));
    if (dice.chance(0.05)) setMac(dice.of(devices), lab.drawMac());
    if (dice.chance(0.12)) {
      const device = dice.of(devices.filter(({ master }) => master === null).concat(devices[0]!));
      const address = dice.of([...this.taken, ipv4("10.244.0.77")]);
      const mac = dice.chance(0.5) ? this.macOf(address) : Mac.of(0x02bad0000000 + dice.whole(1, 255));
      if (device.up && ns.tables.local.lookup(address) === null)
        neighbourOf(ns, device, address).restore(mac ?? Mac.of(0x02bad0000000), "PERMANENT");
    }
    if (dice.chance(0.05)) ns.sysctls.set("net.ipv4.icmp_echo_ignore_all", "1");
    if (dice.chance(0.1)) ns.sysctls.set("net.ipv4.icmp_echo_ignore_broadcasts", "0");
    if (dice.chance(0.05)) ns.sysctls.set("net.ipv4.ip_default_ttl", `${dice.of([1, 2, 32, 255])}`);
  }

  /** In the same network (then it is secondary), in a smaller or larger one, alone, or of another scope. */
  private secondAddress(ns: Netns, device: Device): void {
    const { dice } = this;
    const first = ns.inet.get(device)!.addresses[0];
    const near = first !== undefined && dice.chance(0.6);
    const length = near && dice.chance(0.6) ? first.length : dice.of([8, 16, 24, 25, 30, 32]);
    const base = near ? first.local : ipv4(`172.${dice.whole(16, 17)}.0.${dice.whole(1, 250)}`);
    const local = Ipv4.of((base.bits & ~0xff) | dice.whole(100, 250));
    if (this.taken.has(local)) return;
    this.taken.add(local);
    const scope = dice.chance(0.15) ? (dice.chance(0.5) ? "link" : "host") : "global";
    addAddress(ns, device, local, length, { scope, broadcast: null });
  }

  private macOf(address: Ipv4): Mac | null {
    for (const ns of this.lab.namespaces.values()) {
      const device = ns.deviceOfAddress(address);
      if (device !== undefined) return device.mac;
    }
    return null;
  }
}
