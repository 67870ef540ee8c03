// The switches that IPv6 has for each device. Unlike IPv4's, those of "all" do not reach the devices, but for
// disable_ipv6 and forwarding; those of "default" are copied by a device that is made.
// Before you edit: net/ipv6/addrconf.c (addrconf_sysctl, addrconf_disable_ipv6, addrconf_fixup_forwarding),
// Documentation/networking/ip-sysctl.rst.

/** Names, with what a lab begins with, the greatest value that is modelled, and the least if it is not 0. */
const CONF6 = {
  /** 0: addresses are taken without asking whether another has them. */
  accept_dad: [1, 1],
  /** 1: a host hears routers that advertise themselves, 2: a router too. Here nobody does, but hosts ask for them. */
  accept_ra: [1, 2],
  /** 1: a host believes a router that names a better one; here nobody does unless told to. */
  accept_redirects: [0, 1],
  /** 0: a link-local address of the MAC; 1: none. */
  addr_gen_mode: [0, 1],
  dad_transmits: [1, 20],
  disable_ipv6: [1, 1],
  forwarding: [0, 1],
  hop_limit: [64, 255],
  /** 1: addresses that are there for ever stay when their device goes down, but for those of its link. */
  keep_addr_on_down: [0, 1],
  ndisc_notify: [0, 1],
  proxy_ndp: [0, 1],
  /** Duplicate address detection begins at once, or within this many seconds. */
  router_solicitation_delay: [0, 3600],
  /** Seconds until routers are asked for again, more each time but not more than these. */
  router_solicitation_interval: [4, 3600],
  router_solicitation_max_interval: [3600, 2147483],
  /** How often; -1 is for ever. */
  router_solicitations: [-1, 2147483647, -1],
  use_oif_addrs_only: [0, 1],
} as const satisfies Record<string, readonly [preset: number, greatest: number, least?: number]>;

export type Conf6Name = keyof typeof CONF6;
export type Conf6 = Readonly<Record<Conf6Name, number>>;

export const CONF6_NAMES = Object.keys(CONF6) as Conf6Name[];

/** What default and every device begin with; shared until something is set. */
export const CONF6_PRESET = Object.fromEntries(CONF6_NAMES.map((name) => [name, CONF6[name][0]])) as Conf6;
/** Of all: each device decides by itself whether it asks for duplicates, for either is enough. */
export const ALL6_PRESET: Conf6 = { ...CONF6_PRESET, accept_dad: 0 };

/** The values the model knows a meaning of. */
export function range6(name: Conf6Name): { min: number; max: number } {
  const [, max, min = 0] = CONF6[name];
  return { min, max };
}

/** The name of a switch; dots of a device's name are written as slashes. */
export function conf6Key(who: string, name: Conf6Name): string {
  return `net.ipv6.conf.${who.replaceAll(".", "/")}.${name}`;
}

/** The parts of `net.ipv6.conf.WHO.NAME`, or null. */
export function conf6Parts(key: string): { who: string; name: string } | null {
  const [, who, name] = /^net\.ipv6\.conf\.([^.]+)\.(\w+)$/.exec(key) ?? [];
  return who === undefined ? null : { who: who.replaceAll("/", "."), name: name! };
}

/** Who has such switches. */
interface Owner6 {
  readonly all: Conf6;
  readonly fallback: Conf6;
  readonly devices: ReadonlyMap<{ readonly name: string }, { readonly conf: Conf6 }>;
}

/** The value of all, default or a device; undefined when there is no such device. */
export function read6(state: Owner6, who: string, name: Conf6Name): number | undefined {
  if (who === "all") return state.all[name];
  if (who === "default") return state.fallback[name];
  for (const [device, { conf }] of state.devices) if (device.name === who) return conf[name];
  return undefined;
}

/**
 * What differs, in an order in which it can be set again: what reaches all before what it would overwrite. Devices are
 * compared with `default`, a loopback with what every namespace begins with, but for what was set for all.
 */
export function changed6({ all, fallback, devices }: Owner6): [string, string][] {
  const lines: [string, string][] = [];
  const reaching = { forwarding: all.forwarding, disable_ipv6: all.disable_ipv6 };
  const add = (who: string, conf: Conf6, base: Conf6) => {
    for (const name of CONF6_NAMES) if (conf[name] !== base[name]) lines.push([conf6Key(who, name), `${conf[name]}`]);
  };
  add("all", all, ALL6_PRESET);
  add("default", fallback, { ...CONF6_PRESET, ...reaching });
  for (const [{ name }, { conf }] of devices)
    add(name, conf, name === "lo" ? { ...CONF6_PRESET, ...reaching } : fallback);
  return lines;
}
