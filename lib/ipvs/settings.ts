// The sysctls of IPVS that act here, with the kernel's defaults; every namespace has its own.
// Before you edit: net/netfilter/ipvs/ip_vs_ctl.c (vs_vars), Documentation/networking/ipvs-sysctl.rst.

/** Times in seconds. Names are those below net.ipv4.vs. */
export class Settings {
  am_droprate = 10;
  amemthresh = 1024;
  backup_only = 0;
  conn_reuse_mode = 1;
  conntrack = 0;
  drop_entry = 0;
  drop_packet = 0;
  expire_nodest_conn = 0;
  expire_quiescent_template = 0;
  lblc_expiration = 86400;
  lblcr_expiration = 86400;
  nat_icmp_send = 0;
  pmtu_disc = 1;
  run_estimation = 1;
  secure_tcp = 0;
  sloppy_sctp = 0;
  sloppy_tcp = 0;
  snat_reroute = 1;
}

export type SettingName = keyof Settings;

const PREFIX = "net.ipv4.vs.";
const DEFAULTS = new Settings();

/** The whole names of the sysctls, in their order. */
export const VS_NAMES: readonly string[] = Object.keys(DEFAULTS).map((name) => PREFIX + name);

/** The setting that a sysctl is, or null. */
export function vsSetting(name: string): SettingName | null {
  const own = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "";
  return Object.hasOwn(DEFAULTS, own) ? (own as SettingName) : null;
}

/** The modes of defense: off, as memory wills and off or on at the moment, on. */
export const DEFENSES: readonly SettingName[] = ["drop_entry", "drop_packet", "secure_tcp"];

/** The greatest value that the kernel takes. */
export const greatestVs = (name: SettingName): number => (DEFENSES.includes(name) ? 3 : 2147483647);

/** What is not at its default, as names and values. */
export function changedVs(settings: Settings): [string, string][] {
  const names = Object.keys(DEFAULTS) as SettingName[];
  return names.filter((name) => settings[name] !== DEFAULTS[name]).map((name) => [PREFIX + name, `${settings[name]}`]);
}
