// The sysctls that act here, with the values a lab begins with. Any other name is refused: a switch that does nothing
// would lie. Those of each device are in devconf.ts.
// Before you edit: Documentation/networking/ip-sysctl.rst.
import { BadInput } from "../wire/input.ts";
import { CONF_NAMES, type ConfName, type ConfOwner, confKey, confParts, DevConf, greatest } from "./devconf.ts";

interface Known {
  readonly preset: number;
  readonly min: number;
  readonly max: number;
}

const KNOWN: Readonly<Record<string, Known>> = {
  "net.ipv4.fib_multipath_hash_seed": { preset: 0, min: 0, max: 0xffffffff },
  "net.ipv4.fwmark_reflect": { preset: 0, min: 0, max: 1 },
  "net.ipv4.icmp_echo_ignore_all": { preset: 0, min: 0, max: 1 },
  "net.ipv4.icmp_echo_ignore_broadcasts": { preset: 1, min: 0, max: 1 },
  "net.ipv4.ip_default_ttl": { preset: 64, min: 1, max: 255 },
  "net.ipv4.route.min_pmtu": { preset: 552, min: 68, max: 2147483647 },
  "net.ipv4.route.mtu_expires": { preset: 600, min: 0, max: 2147483 },
  "net.ipv4.tcp_fwmark_accept": { preset: 0, min: 0, max: 1 },
};
const FORWARD = "net.ipv4.ip_forward";

export class Sysctls {
  readonly conf: DevConf;
  private values: Map<string, number> | null = null;
  private readonly owner: ConfOwner;

  constructor(owner: ConfOwner) {
    this.owner = owner;
    this.conf = new DevConf(owner);
  }

  get(name: string): number {
    if (name === FORWARD) return this.conf.all.forwarding;
    const known = KNOWN[name];
    if (known !== undefined) return this.values?.get(name) ?? known.preset;
    const { who, name: key } = this.confOf(name);
    return this.conf.read(who, key)!;
  }

  set(name: string, text: string): void {
    const conf = name === FORWARD ? { who: "all", name: "forwarding" as const } : null;
    const known = KNOWN[name];
    const { who, name: key } = conf ?? (known === undefined ? this.confOf(name) : { who: "", name: null });
    const { min, max } = known ?? { min: 0, max: greatest(key!) };
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new BadInput(`not a value of ${name}`, text, `Write a number from ${min} to ${max}.`);
    if (key !== null) return this.conf.write(who, key, value);
    this.values ??= new Map();
    this.values.set(name, value);
  }

  /** Whether there is a switch of this name: a device's comes and goes with it. */
  has(name: string): boolean {
    if (name === FORWARD || name in KNOWN) return true;
    const parts = confParts(name);
    return parts !== null && this.conf.read(parts.who, parts.name as ConfName) !== undefined;
  }

  /** What is not at its default, in an order in which it can be set again. */
  changed(): [string, string][] {
    const changed = [...(this.values ?? [])].filter(([name, value]) => value !== KNOWN[name]!.preset);
    const own = changed
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]): [string, string] => [name, `${value}`]);
    return [...own, ...this.conf.changed()];
  }

  /** Every name there is in this namespace, in the order of `sysctl -a`. */
  all(): string[] {
    const who = ["all", "default", ...this.owner.devices.keys()].sort();
    const conf = who.flatMap((each) => CONF_NAMES.map((name) => confKey(each, name)));
    return [...conf, ...[...Object.keys(KNOWN), FORWARD].sort()];
  }

  /** The names that are modelled, a device's with DEV for its name. */
  static names(): string[] {
    return [...Object.keys(KNOWN), FORWARD, ...CONF_NAMES.map((name) => `net.ipv4.conf.DEV.${name}`)];
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
