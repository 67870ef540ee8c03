// The switches that IPv4 has for each device, and how those of "all" and of the device come together.
// Before you edit: net/ipv4/devinet.c (devinet_conf_proc, devinet_sysctl_forward, devinet_copy_dflt_conf, inetdev_init),
// include/linux/inetdevice.h (IN_DEV_MAXCONF, IN_DEV_ORCONF, IN_DEV_ANDCONF).
import type { InterfaceAddress } from "../ip/address.ts";
import type { Device } from "../link/device.ts";
import type { Devices } from "./devices.ts";

/** Names, with what a lab begins with and the greatest value that is modelled. */
const CONF = {
  accept_local: [0, 1],
  accept_redirects: [0, 1],
  arp_accept: [0, 2],
  arp_announce: [0, 2],
  arp_filter: [0, 1],
  arp_ignore: [0, 8],
  arp_notify: [0, 1],
  forwarding: [0, 1],
  log_martians: [0, 1],
  proxy_arp: [0, 1],
  route_localnet: [0, 1],
  rp_filter: [0, 2],
  secure_redirects: [1, 1],
  send_redirects: [0, 1],
  shared_media: [1, 1],
  src_valid_mark: [0, 1],
} as const;

export type ConfName = keyof typeof CONF;
export type Conf = Readonly<Record<ConfName, number>>;

export const CONF_NAMES = Object.keys(CONF) as ConfName[];

/** What all, default and every device begin with; shared until something is set. */
export const CONF_PRESET = Object.fromEntries(CONF_NAMES.map((name) => [name, CONF[name][0]])) as Conf;

/** The values the model knows a meaning of. */
export function greatest(name: ConfName): number {
  return CONF[name][1];
}

/** What IPv4 keeps for a device, as far as switches go (struct in_device). */
export interface Configured {
  conf: Conf;
  /** Bits of the switches that somebody set, by CONF_NAMES: a new default does not reach those. */
  confSet: number;
  readonly addresses: readonly InterfaceAddress[];
}

export const ALL_SET = 2 ** CONF_NAMES.length - 1;

/** Who has switches: `all`, `default`, and every device. */
export interface ConfOwner {
  readonly devices: Devices;
  readonly inet: Iterable<readonly [Device, Configured]> & {
    get(device: Device): Configured | undefined;
    values(): Iterable<Configured>;
  };
}

export class DevConf {
  all: Conf = CONF_PRESET;
  fallback: Conf = CONF_PRESET;
  /** Which of `default` somebody set: a device made later has those bits too. */
  fallbackSet = 0;
  private readonly owner: ConfOwner;

  constructor(owner: ConfOwner) {
    this.owner = owner;
  }

  /** The value that counts for a device: the greater one; of switches that are on or off, whether either is on. */
  of(device: Device, name: ConfName): number {
    const own = (device.inet as Configured | null)?.conf ?? this.fallback;
    if (name === "forwarding") return own.forwarding;
    // A router listens to redirects only if both say so, a host if either does.
    if (name === "accept_redirects" && own.forwarding !== 0) return Math.min(own[name], this.all[name]);
    return Math.max(own[name], this.all[name]);
  }

  /** `net.ipv4.conf.eth0.rp_filter = 1`: the text of the switch that decided. */
  text(device: Device, name: ConfName): string {
    const own = this.owner.inet.get(device)?.conf ?? this.fallback;
    const isAll = name !== "forwarding" && this.all[name] > own[name];
    return `${confKey(isAll ? "all" : device.name, name)} = ${isAll ? this.all[name] : own[name]}`;
  }

  /** The value of all, default or a device; undefined when there is no such device. */
  read(who: string, name: ConfName): number | undefined {
    if (who === "all") return this.all[name];
    if (who === "default") return this.fallback[name];
    return this.configured(who)?.conf[name];
  }

  write(who: string, name: ConfName, value: number): void {
    const bit = 1 << CONF_NAMES.indexOf(name);
    if (name === "forwarding") return this.forward(who, value, bit);
    if (who === "all") this.all = { ...this.all, [name]: value };
    else if (who === "default") {
      this.fallback = { ...this.fallback, [name]: value };
      this.fallbackSet |= bit;
      for (const inet of this.owner.inet.values())
        if ((inet.confSet & bit) === 0) inet.conf = { ...inet.conf, [name]: value };
    } else this.set(this.configured(who)!, name, value);
  }

  /** ip_forward is forwarding of all: a change of it resets other switches (inet_forward_change). */
  private forward(who: string, value: number, bit: number): void {
    if (this.read(who, "forwarding") === value) return;
    if (who === "all") {
      this.all = { ...this.all, forwarding: value, accept_redirects: value === 0 ? 1 : 0 };
      this.fallback = { ...this.fallback, forwarding: value };
      this.fallbackSet |= bit;
      for (const inet of this.owner.inet.values()) this.set(inet, "forwarding", value);
    } else if (who === "default") this.fallback = { ...this.fallback, forwarding: value };
    else this.set(this.configured(who)!, "forwarding", value);
  }

  private set(inet: Configured, name: ConfName, value: number): void {
    inet.confSet |= 1 << CONF_NAMES.indexOf(name);
    inet.conf = { ...inet.conf, [name]: value };
  }

  private configured(name: string): Configured | undefined {
    const device = this.owner.devices.get(name);
    return device === undefined ? undefined : this.owner.inet.get(device);
  }

  /**
   * What differs, in an order in which it can be set again: ip_forward before what it resets, default before the
   * devices that take it. Devices are compared with `default`, a loopback with what every namespace begins with.
   */
  changed(): [string, string][] {
    const lines: [string, string][] = [];
    const { all, fallback } = this;
    const forwarding = all.forwarding;
    const add = (who: string, conf: Conf, base: Conf) => {
      for (const name of CONF_NAMES)
        if (conf[name] !== base[name] && !(who === "all" && name === "forwarding"))
          lines.push([confKey(who, name), `${conf[name]}`]);
    };
    if (forwarding !== 0) lines.push(["net.ipv4.ip_forward", `${forwarding}`]);
    const base = { ...CONF_PRESET, forwarding };
    add("all", all, base);
    add("default", fallback, base);
    for (const device of this.owner.devices.values())
      add(device.name, this.owner.inet.get(device)!.conf, device.kind === "loopback" ? base : fallback);
    return lines;
  }

  /** Every device as it would be had it just been made: what `changed` says is set on top of that. */
  reset(): void {
    for (const [device, inet] of this.owner.inet)
      inet.conf = device.kind === "loopback" ? { ...CONF_PRESET, forwarding: this.all.forwarding } : this.fallback;
  }
}

/** The name of a switch; dots of a device's name are written as slashes. */
export function confKey(who: string, name: ConfName): string {
  return `net.ipv4.conf.${who.replaceAll(".", "/")}.${name}`;
}

/** The parts of `net.ipv4.conf.WHO.NAME`, or null. */
export function confParts(key: string): { who: string; name: string } | null {
  const [, who, name] = /^net\.ipv4\.conf\.([^.]+)\.(\w+)$/.exec(key) ?? [];
  return who === undefined ? null : { who: who.replaceAll("/", "."), name: name! };
}
