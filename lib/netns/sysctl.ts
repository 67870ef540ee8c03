// The sysctls that act here, with the values a lab begins with. Any other name is refused: a switch that does nothing
// would lie. Those of each device are in devconf.ts.
// Before you edit: Documentation/networking/ip-sysctl.rst.
import { changedVs, DEFENSES, greatestVs, VS_NAMES, vsSetting } from "../ipvs/settings.ts";
import { changedSettings, SETTING_NAMES, settingOf } from "../netfilter/conntrack/settings.ts";
import { BadInput } from "../wire/input.ts";
import { CONF_NAMES, type ConfName, confKey, confParts, DevConf, greatest } from "./devconf.ts";
import { CONF6_NAMES, type Conf6Name, changed6, conf6Key, conf6Parts, range6, read6 } from "./ipv6/conf.ts";
import { balancingOf } from "./ipvs/balancing.ts";
import { allNeigh, changedNeigh, NEIGH_NAMES, neighKey, readNeigh, writeNeigh } from "./neigh-sysctl.ts";
import type { Netns } from "./netns.ts";

interface Known {
  /** Only there with the module br_netfilter. */
  readonly bridge?: true;
  readonly preset: number;
  readonly min: number;
  readonly max: number;
}

/** br_netfilter asks iptables about what is bridged. There is no arptables here, so its switch changes nothing yet. */
export const CALL_IPTABLES = "net.bridge.bridge-nf-call-iptables";

const KNOWN: Readonly<Record<string, Known>> = {
  "net.bridge.bridge-nf-call-arptables": { bridge: true, preset: 1, min: 0, max: 1 },
  "net.bridge.bridge-nf-call-ip6tables": { bridge: true, preset: 1, min: 0, max: 1 },
  [CALL_IPTABLES]: { bridge: true, preset: 1, min: 0, max: 1 },
  "net.ipv4.fib_multipath_hash_seed": { preset: 0, min: 0, max: 0xffffffff },
  "net.ipv4.fwmark_reflect": { preset: 0, min: 0, max: 1 },
  "net.ipv6.fwmark_reflect": { preset: 0, min: 0, max: 1 },
  "net.ipv4.icmp_echo_ignore_all": { preset: 0, min: 0, max: 1 },
  "net.ipv4.icmp_echo_ignore_broadcasts": { preset: 1, min: 0, max: 1 },
  "net.ipv4.icmp_ratelimit": { preset: 1000, min: 0, max: 2147483647 },
  "net.ipv4.ip_default_ttl": { preset: 64, min: 1, max: 255 },
  "net.ipv4.ip_forward_use_pmtu": { preset: 0, min: 0, max: 255 },
  "net.ipv4.route.min_pmtu": { preset: 552, min: 68, max: 2147483647 },
  "net.ipv4.route.mtu_expires": { preset: 600, min: 0, max: 2147483 },
  // The label of every flow is 0.
  "net.ipv6.auto_flowlabels": { preset: 0, min: 0, max: 0 },
  "net.ipv6.bindv6only": { preset: 0, min: 0, max: 1 },
  "net.ipv6.icmp.echo_ignore_all": { preset: 0, min: 0, max: 1 },
  "net.ipv6.icmp.echo_ignore_multicast": { preset: 0, min: 0, max: 1 },
  "net.ipv6.route.mtu_expires": { preset: 600, min: 0, max: 2147483 },
  "net.ipv4.tcp_fwmark_accept": { preset: 0, min: 0, max: 1 },
  "net.ipv4.tcp_keepalive_intvl": { preset: 75, min: 0, max: 8589934 },
  "net.ipv4.tcp_keepalive_probes": { preset: 9, min: 0, max: 255 },
  "net.ipv4.tcp_keepalive_time": { preset: 7200, min: 0, max: 8589934 },
  "net.ipv4.tcp_timestamps": { preset: 1, min: 0, max: 255 },
};
const FORWARD = "net.ipv4.ip_forward";
/** How many connections there are; only to be read. */
const COUNT = "net.netfilter.nf_conntrack_count";

export class Sysctls {
  readonly conf: DevConf;
  /** The module br_netfilter is loaded. */
  hasBridge = false;
  private values: Map<string, number> | null = null;
  private readonly owner: Netns;

  constructor(owner: Netns) {
    this.owner = owner;
    this.conf = new DevConf(owner);
  }

  get filtersBridged(): boolean {
    return this.hasBridge && this.get(CALL_IPTABLES) !== 0;
  }

  get(name: string): number {
    if (name === FORWARD) return this.conf.all.forwarding;
    const known = KNOWN[name];
    if (known !== undefined) return this.values?.get(name) ?? known.preset;
    const setting = settingOf(name);
    if (setting !== undefined) return setting.read(this.owner.tracking.conntrack.settings);
    const vs = vsSetting(name);
    if (vs !== null) return balancingOf(this.owner).ipvs.settings[vs];
    if (name === COUNT) return this.owner.hasTracking ? this.owner.tracking.conntrack.count : 0;
    const neigh = neighKey(this.owner, name);
    if (neigh !== null) return readNeigh(this.owner, neigh);
    const of6 = this.conf6Of(name);
    if (of6 !== null) return read6(this.owner.ipv6, of6.who, of6.name)!;
    const { who, name: key } = this.confOf(name);
    return this.conf.read(who, key)!;
  }

  set(name: string, text: string): void {
    const setting = settingOf(name);
    if (setting !== undefined) {
      const value = wholeNumber(name, text, 0, setting.max);
      return setting.write(this.owner.tracking.conntrack.settings, value);
    }
    const vs = vsSetting(name);
    if (vs !== null) {
      const { settings, defense } = balancingOf(this.owner).ipvs;
      settings[vs] = wholeNumber(name, text, 0, greatestVs(vs));
      if (DEFENSES.includes(vs)) defense.update();
      return;
    }
    const neigh = neighKey(this.owner, name);
    if (neigh !== null) return writeNeigh(this.owner, neigh, wholeNumber(name, text, 0, 2147483647));
    const conf = name === FORWARD ? { who: "all", name: "forwarding" as const } : null;
    const known = KNOWN[name];
    const of6 = this.conf6Of(name);
    const of4 = known === undefined && of6 === null ? (conf ?? this.confOf(name)) : null;
    const { who, name: key } = of4 ?? { who: "", name: null };
    const { min, max } = known ?? (of6 === null ? { min: 0, max: greatest(key!) } : range6(of6.name));
    const value = wholeNumber(name, text, min, max);
    if (of6 !== null) return this.owner.set6(of6.who, of6.name, value);
    if (key !== null) return this.conf.write(who, key, value);
    this.values ??= new Map();
    this.values.set(name, value);
  }

  /** Whether there is a switch of this name: a device's comes and goes with it. */
  has(name: string): boolean {
    if (
      name === FORWARD ||
      name === COUNT ||
      settingOf(name) !== undefined ||
      vsSetting(name) !== null ||
      this.knows(name) ||
      neighKey(this.owner, name) !== null
    )
      return true;
    const parts6 = conf6Parts(name);
    if (parts6 !== null) return read6(this.owner.ipv6, parts6.who, parts6.name as Conf6Name) !== undefined;
    const parts = confParts(name);
    return parts !== null && this.conf.read(parts.who, parts.name as ConfName) !== undefined;
  }

  /** What is not at its default, in an order in which it can be set again. */
  changed(): [string, string][] {
    const changed = [...(this.values ?? [])].filter(([name, value]) => value !== KNOWN[name]!.preset);
    const own = changed
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]): [string, string] => [name, `${value}`]);
    return [
      ...own,
      ...(this.owner.hasTracking ? changedSettings(this.owner.tracking.conntrack.settings) : []),
      ...(this.owner.balancing === null ? [] : changedVs(this.owner.balancing.ipvs.settings)),
      ...this.conf.changed(),
      ...changedNeigh(this.owner),
      ...(this.owner.hasIpv6 ? changed6(this.owner.ipv6) : []),
    ];
  }

  /** Every name there is in this namespace, in the order of `sysctl -a`. */
  all(): string[] {
    const who = ["all", "default", ...this.owner.devices.keys()].sort();
    const conf = who.flatMap((each) => CONF_NAMES.map((name) => confKey(each, name)));
    const conf6 = who.flatMap((each) => CONF6_NAMES.map((name) => conf6Key(each, name)));
    const known = Object.keys(KNOWN).filter((name) => this.knows(name));
    const others = [...known, FORWARD, ...(this.owner.balancing === null ? [] : VS_NAMES)].sort();
    const netfilter = [COUNT, ...SETTING_NAMES].sort();
    const isOf6 = (name: string) => name.startsWith("net.ipv6.");
    return [
      ...conf,
      ...others.filter((name) => !isOf6(name)),
      ...allNeigh(this.owner, 4),
      ...conf6,
      ...others.filter(isOf6),
      ...allNeigh(this.owner, 6),
      ...netfilter,
    ];
  }

  private knows(name: string): boolean {
    return name in KNOWN && (this.hasBridge || !KNOWN[name]!.bridge);
  }

  /** The names that are modelled, a device's with DEV for its name. */
  static names(): string[] {
    const [of4, of6] = [
      CONF_NAMES.map((name) => confKey("DEV", name)),
      CONF6_NAMES.map((name) => conf6Key("DEV", name)),
    ];
    return [...Object.keys(KNOWN), FORWARD, ...of4, ...NEIGH_NAMES, ...of6, COUNT, ...SETTING_NAMES, ...VS_NAMES];
  }

  /** Null for what is no switch of IPv6 for all, default or a device. */
  private conf6Of(key: string): { who: string; name: Conf6Name } | null {
    const parts = conf6Parts(key);
    if (parts === null) return null;
    if (!CONF6_NAMES.includes(parts.name as Conf6Name))
      throw new BadInput("a sysctl that is not modelled", key, `Those that act are ${Sysctls.names().join(", ")}.`);
    if (read6(this.owner.ipv6, parts.who, parts.name as Conf6Name) === undefined)
      throw new BadInput("a sysctl of a device that is not there", key, `There are ${[...this.owner.devices.keys()]}.`);
    return { who: parts.who, name: parts.name as Conf6Name };
  }

  private confOf(key: string): { who: string; name: ConfName } {
    const parts = confParts(key);
    if (parts === null || !CONF_NAMES.includes(parts.name as ConfName))
      throw new BadInput("a sysctl that is not modelled", key, `Those that act are ${Sysctls.names().join(", ")}.`);
    if (this.conf.read(parts.who, parts.name as ConfName) === undefined)
      throw new BadInput("a sysctl of a device that is not there", key, `There are ${[...this.owner.devices.keys()]}.`);
    return { who: parts.who, name: parts.name as ConfName };
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < min || value > max)
    throw new BadInput(`not a value of ${name}`, text, `Write a number from ${min} to ${max}.`);
  return value;
}
