// The sysctls of connection tracking, with the kernel's defaults.
// Before you edit: net/netfilter/nf_conntrack_standalone.c (nf_ct_sysctl_table), nf_conntrack_proto_tcp.c (tcp_timeouts),
// nf_conntrack_proto_udp.c, nf_conntrack_proto_sctp.c, Documentation/networking/nf_conntrack-sysctl.rst.
import { SCTP_STATES } from "./sctp.ts";
import { TCP } from "./tcp-states.ts";

const DAY = 24 * 60 * 60;

/** Times in seconds. */
export class Settings {
  max = 262144;
  buckets = 262144;
  accounts = 0;
  timestamps = 0;
  events = 2;
  checksum = 1;
  logInvalid = 0;
  expectMax = 4096;
  beLiberal = 0;
  loose = 1;
  maxRetrans = 3;
  ignoreInvalidRst = 0;
  generic = 600;
  icmp = 30;
  icmp6 = 30;
  udp = 30;
  udpStream = 120;
  /** By state, then those for retransmissions and unacknowledged data. */
  readonly tcp: number[] = [0, 120, 60, 5 * DAY, 120, 60, 30, 120, 10, 120, 0, 0, 300, 300];
  /** By state. */
  readonly sctp: number[] = [0, 10, 3, 3, 210, 3, 3, 3, 30];
}

interface Setting {
  read(settings: Settings): number;
  write(settings: Settings, value: number): void;
  readonly max: number;
}

type Scalar = Exclude<keyof Settings, "tcp" | "sctp">;

function scalar(name: Scalar, max = 2147483647): Setting {
  return {
    read: (settings) => settings[name],
    write: (settings, value) => {
      settings[name] = value;
    },
    max,
  };
}

function timeoutOf(protocol: "tcp" | "sctp", state: number): Setting {
  return {
    read: ({ [protocol]: timeouts }) => timeouts[state]!,
    write: ({ [protocol]: timeouts }, value) => {
      timeouts[state] = value;
    },
    max: 2147483647,
  };
}
const tcpTimeout = (state: number) => timeoutOf("tcp", state);

const PREFIX = "net.netfilter.nf_conntrack_";

const SCTP_TIMEOUTS = Object.fromEntries(
  SCTP_STATES.map((name, state): [string, Setting] => [`sctp_timeout_${name.toLowerCase()}`, timeoutOf("sctp", state)])
    .slice(1)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

const NAMES: Readonly<Record<string, Setting>> = {
  acct: scalar("accounts", 1),
  buckets: scalar("buckets"),
  checksum: scalar("checksum", 1),
  events: scalar("events", 2),
  expect_max: scalar("expectMax"),
  generic_timeout: scalar("generic"),
  icmp_timeout: scalar("icmp"),
  icmpv6_timeout: scalar("icmp6"),
  log_invalid: scalar("logInvalid", 255),
  max: scalar("max"),
  ...SCTP_TIMEOUTS,
  tcp_be_liberal: scalar("beLiberal", 1),
  tcp_ignore_invalid_rst: scalar("ignoreInvalidRst", 1),
  tcp_loose: scalar("loose", 1),
  tcp_max_retrans: scalar("maxRetrans", 255),
  tcp_timeout_close: tcpTimeout(TCP.close),
  tcp_timeout_close_wait: tcpTimeout(TCP.closeWait),
  tcp_timeout_established: tcpTimeout(TCP.established),
  tcp_timeout_fin_wait: tcpTimeout(TCP.finWait),
  tcp_timeout_last_ack: tcpTimeout(TCP.lastAck),
  tcp_timeout_max_retrans: tcpTimeout(TCP.retrans),
  tcp_timeout_syn_recv: tcpTimeout(TCP.synRecv),
  tcp_timeout_syn_sent: tcpTimeout(TCP.synSent),
  tcp_timeout_time_wait: tcpTimeout(TCP.timeWait),
  tcp_timeout_unacknowledged: tcpTimeout(TCP.unack),
  timestamp: scalar("timestamps", 1),
  udp_timeout: scalar("udp"),
  udp_timeout_stream: scalar("udpStream"),
};

/** The whole names of the sysctls, in their order. */
export const SETTING_NAMES: readonly string[] = Object.keys(NAMES).map((name) => PREFIX + name);

const DEFAULTS = new Settings();

/** What is not at its default, as names and values. */
export function changedSettings(settings: Settings): [string, string][] {
  const changed = Object.entries(NAMES).filter(([, { read }]) => read(settings) !== read(DEFAULTS));
  return changed.map(([name, { read }]) => [PREFIX + name, `${read(settings)}`]);
}

/** The setting that a sysctl is, or undefined. */
export function settingOf(name: string): Setting | undefined {
  return name.startsWith(PREFIX) && Object.hasOwn(NAMES, name.slice(PREFIX.length))
    ? NAMES[name.slice(PREFIX.length)]
    : undefined;
}
