// What happens in a lab of the theme ipv6: pings and datagrams of both families to somebody, to nobody, to groups, to oneself.
import type { Lab } from "../../../lib/lab/lab.ts";
import type { Discovery, Question, Traffic } from "../case.ts";
import type { Dice } from "../dice.ts";

/** Milliseconds between two flows, as in traffic.ts. */
const GAP = 370;
/** Milliseconds between the commands of two namespaces: no machine decides which of them was first. */
const TURN = 20;
/** A device that went comes again when all know that it went, and is looked at when it has told its groups twice. */
const [UP, LOOKED_AT] = [1800, 4300];

/** A foot in a network. */
export interface Foot {
  readonly ns: string;
  readonly dev: string;
  readonly net: number;
  readonly address: string;
  readonly address4: string;
}

/** The link-local address of a device. */
export function linkLocal(lab: Lab, { ns, dev }: Foot): string {
  const { ipv6, devices } = lab.netns(ns);
  return ipv6.of(devices.get(dev)!).addresses.find(({ local }) => local.isLinkLocal)?.local.text ?? "fe80::1";
}

export class Flows {
  private readonly lab: Lab;
  private readonly dice: Dice;
  private readonly feet: readonly Foot[];

  constructor(lab: Lab, dice: Dice, feet: readonly Foot[]) {
    this.lab = lab;
    this.dice = dice;
    this.feet = feet;
  }

  traffic(): Traffic[] {
    const { dice } = this;
    // What ends on a link is done in both worlds: no script builds what is left of it.
    const traffic = this.listeners();
    const changed = new Set(traffic.map(({ ns }) => ns));
    let at = 5 + TURN * changed.size;
    for (const { ns, dev } of this.feet) {
      if (changed.has(ns) || !dice.chance(0.02)) continue;
      const command = `ip link set ${dev} ${dice.of(["down", "down", "mtu 1200"])}`;
      traffic.push({ kind: "command", at, ns, command });
      at += TURN;
    }
    for (const ns of this.lab.namespaces.keys())
      if (dice.chance(0.4)) {
        const own = this.feet.filter((foot) => foot.ns === ns).map(({ address }) => address);
        const isLocal = own.length > 0 && dice.chance(0.2) && this.has(ns, own[0]!);
        const address = isLocal ? own[0]! : dice.chance(0.8) ? "::" : null;
        traffic.push({ kind: "listen", ns, address, port: dice.of([53, 7777]), echo: dice.chance(0.7) });
      }
    const flows = dice.whole(3, 8);
    for (let i = 0; i < flows; i++) traffic.push(this.flow(at + 15 + i * GAP));
    return traffic;
  }

  /**
   * Somebody joins or leaves groups, once in a namespace, for what is told of it takes a second; then he is looked at.
   */
  private listeners(): Traffic[] {
    const { dice } = this;
    const traffic: Traffic[] = [];
    const done = new Set<string>();
    for (const { ns, dev, address } of this.feet) {
      if (!dice.chance(0.06) || done.has(ns)) continue;
      const turn = TURN * done.size;
      done.add(ns);
      const type = (at: number, command: string) => void traffic.push({ kind: "command", at: at + turn, ns, command });
      const own = `${address.replace("fd00:", "fd07:")}/${dice.of([64, 128])} dev ${dev}`;
      const conf = `net.ipv6.conf.${dev}`;
      const kind = dice.whole(1, 7);
      if (kind === 1) type(5, `ip addr add ${own}`);
      else if (kind === 2) type(5, `ip addr add ${own} nodad`);
      else if (kind === 3) type(5, `ip -6 addr flush dev ${dev}`);
      else if (kind === 4) type(5, `sysctl -qw net.ipv6.conf.${dice.of(["all", dev])}.forwarding=${dice.of([0, 1])}`);
      else if (kind === 5) type(5, `ip -6 neigh add proxy ${address} dev ${dev}`);
      else {
        type(5, `sysctl -qw ${conf}.router_solicitations=${dice.of([-1, 0, 1, 2])}`);
        type(6, `sysctl -qw ${conf}.router_solicitation_interval=1`);
        type(7, kind === 6 ? `ip link set ${dev} down` : `sysctl -qw ${conf}.disable_ipv6=1`);
        type(UP, kind === 6 ? `ip link set ${dev} up` : `sysctl -qw ${conf}.disable_ipv6=0`);
      }
      type(LOOKED_AT, `ip addr show dev ${dev}`);
    }
    return traffic;
  }

  private has(ns: string, address: string): boolean {
    return [...this.lab.netns(ns).ipv6.devices.values()].some(({ addresses }) =>
      addresses.some(({ local, tentative }) => local.text === address && !tentative),
    );
  }

  private flow(at: number): Traffic {
    const { dice } = this;
    const { ns } = dice.of(this.feet);
    const often = { count: dice.of([1, 1, 2, 3]), interval: dice.of([70, 110]) };
    const own = this.feet.filter((foot) => foot.ns === ns && this.has(ns, foot.address));
    const to = this.target(ns);
    const from = own.length > 0 && to.includes(":") && dice.chance(0.1) ? { from: dice.of(own).address } : {};
    const common = { at, ns, to, ...often, ...from, broadcast: false };
    // To a group only what one device carries: pieces of it go to many, whose answers meet.
    const most = to.startsWith("ff") ? 1000 : 4000;
    if (dice.chance(0.65))
      return {
        kind: "ping",
        ...common,
        size: Math.min(most, dice.of([0, 1, 56, 56, 56, 1200, 1232, 1233, 1452, 1453, 3000])),
        ...(dice.chance(0.3) && { ttl: dice.whole(1, 4) }),
        discovery: dice.of<Discovery>(["want", "want", "do", "dont"]),
      };
    return {
      kind: "udp",
      ...common,
      port: dice.of([53, 7777, 7777, 9]),
      size: Math.min(most, dice.of([0, 1, 20, 500, 1232, 1233, 1452, 1453, 3000])),
      connected: dice.chance(0.5),
    };
  }

  /** To somebody mostly; to nobody, a neighbour's link-local address, a group, oneself, or by the other family. */
  private target(ns: string): string {
    const { dice } = this;
    const to = dice.of(this.feet);
    const own = this.feet.filter((foot) => foot.ns === ns);
    const { dev, net } = dice.of(own);
    const near = this.feet.filter((foot) => foot.net === net && foot.ns !== ns);
    switch (dice.whole(1, 20)) {
      case 1:
      case 2:
        return to.address.replace(/[^:]+$/, "77");
      case 3:
      case 4:
        return `${linkLocal(this.lab, near.length > 0 ? dice.of(near) : to)}%${dev}`;
      case 5:
        return dice.of([`ff02::1%${dev}`, `ff02::2%${dev}`, `ff02::5%${dev}`]);
      case 6:
        return dice.of(["::1", "2001:db9::1", `fd00:${net + 1}::`, `2001:db8:${to.net + 1}::1`, own[0]!.address]);
      case 7:
      case 8:
        return to.address4;
      default:
        return to.address;
    }
  }

  questions(): Question[] {
    const { dice } = this;
    return this.feet.flatMap(({ ns }) => {
      if (dice.chance(0.5)) return [];
      const words = [`ip route get ${dice.chance(0.8) ? dice.of(this.feet).address : this.nobody()}`];
      if (dice.chance(0.2)) words.push(`oif ${dice.of(this.feet.filter((foot) => foot.ns === ns)).dev}`);
      return [{ ns, to: "", command: words.join(" ") }];
    });
  }

  private nobody(): string {
    return this.dice.of(this.feet).address.replace(/[^:]+$/, "77");
  }
}
