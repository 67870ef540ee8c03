// Every option of every extension, right and wrong. The first word of a group says what stands before each of its lines.

export interface Case {
  readonly family: 4 | 6;
  readonly table: string;
  readonly chain: string;
  readonly words: string;
}

interface Group {
  readonly families?: readonly (4 | 6)[];
  readonly at?: readonly [table: string, chain: string];
  /** Stands before each line. */
  readonly with?: string;
  readonly lines: readonly string[];
}

/** Wrong words that every option of a number, of a text is asked. */
const NUMBERS = ["", "0", "1", "7", "0x10", "010", "09", "-1", "+3", " 4", "70000", "4294967296", "1x", "x", "1:2"];

const each = (option: string, words: readonly string[]) => words.map((word) => `${option} \`${word}\``);
const inverted = (lines: readonly string[]) => lines.flatMap((line) => [line, `! ${line}`]);

const TCP_PORTS = [
  "--sport 80",
  "--dport 80",
  "--dport http",
  "--dport ssh:443",
  "--source-port 1024:",
  "--destination-port :1023",
  "--dport 5:5",
  "--sport 1:65535",
  "--dport 100:99",
  "--dport 65536",
  "--dport nobody",
  "--dport ``",
  "--dport 1:2:3",
  "--sport 1 --sport 2",
  "--dport 1 --dport 2",
  "--sport 1 --dport 2",
  "--sport 0 --dport 0",
  "--dport 0x50",
  "--dport 0120",
  "--dport",
];

const GROUPS: readonly Group[] = [
  {
    with: "-p tcp -m tcp",
    lines: [
      "",
      ...inverted(TCP_PORTS.filter((line) => !line.includes("nobody"))),
      "--dport nobody",
      ...inverted(["--syn", "--tcp-flags SYN,ACK SYN", "--tcp-flags ALL NONE", "--tcp-flags all syn,fin"]),
      "--tcp-flags SYN",
      "--tcp-flags SYN --dport 1",
      "--tcp-flags NONE NONE",
      "--tcp-flags SYN,,ACK SYN",
      "--tcp-flags FOO SYN",
      "--tcp-flags SYN FOO",
      "--syn --syn",
      "--syn --tcp-flags SYN SYN",
      "--tcp-flags FIN,SYN,RST,PSH,ACK,URG PSH,ACK",
      ...inverted(["--tcp-option 2", "--tcp-option 255"]),
      ...each("--tcp-option", ["0", "256", "x", ""]),
      "--tcp-option 2 --tcp-option 3",
      "--dport 80 --syn --tcp-option 8",
      "--foo",
    ],
  },
  {
    with: "-p udp -m udp",
    lines: ["", ...inverted(TCP_PORTS), "--dport 70000", "--dport 1x", "--dport domain", "--syn"],
  },
  {
    lines: [
      "-m tcp --dport 80",
      "-p udp -m tcp --dport 80",
      "-m udp --dport 80",
      "-p ! tcp -m tcp",
      "-p tcp --dport 8",
    ],
  },
  {
    families: [4],
    with: "-p icmp -m icmp",
    lines: [
      "",
      ...inverted(
        [
          "8",
          "3/4",
          "echo-request",
          "any",
          "255",
          "3/3",
          "network-unreachable",
          "pong",
          "ping",
          "TOS-host-redirect",
        ].map((type) => `--icmp-type ${type}`),
      ),
      ...each("--icmp-type", [
        "",
        "e",
        "echo",
        "ECHO-REQ",
        "nobody",
        "256",
        "3/",
        "3/256",
        "3/4:5",
        "3:4",
        "3x",
        "3/4x",
      ]),
      "--icmp-type 8 --icmp-type 0",
      "--icmpv6-type 8",
    ],
  },
  {
    families: [6],
    with: "-p ipv6-icmp -m icmp6",
    lines: [
      "",
      ...inverted(
        ["128", "1/4", "echo-request", "255", "no-route", "packet-too-big", "neighbor-solicitation", "bad-header"].map(
          (type) => `--icmpv6-type ${type}`,
        ),
      ),
      ...each("--icmpv6-type", ["", "e", "echo", "any", "nobody", "256", "3/", "3:4"]),
    ],
  },
  {
    with: "-p tcp -m multiport",
    lines: [
      "",
      ...inverted([
        "--sports 1,2",
        "--dports 80,443,8000:8080",
        "--ports http,https",
        "--source-ports 1",
        "--destination-ports 1",
      ]),
      ...each("--dports", ["", "1,", "1,,2", "1:1", "2:1", "1:2:3", "65536", "nobody", ":5", "5:"]),
      `--dports ${Array.from({ length: 15 }, (_, i) => i + 1).join(",")}`,
      `--dports ${Array.from({ length: 16 }, (_, i) => i + 1).join(",")}`,
      `--dports ${Array.from({ length: 14 }, (_, i) => i + 1).join(",")},20:30`,
      `--dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15`,
      "--dports 1 --dports 2",
      "--dports 1 --sports 2",
    ],
  },
  {
    lines: [
      "-p udp -m multiport --dports domain,53",
      "-p sctp -m multiport --dports 5,6",
      "-m multiport --dports 1",
      "-p 1 -m multiport --dports 1",
      "! -p tcp -m multiport --dports 1",
      "-p udplite -m multiport --ports 1,2",
    ],
  },
  {
    with: "-m addrtype",
    lines: [
      "",
      ...inverted(["--src-type LOCAL", "--dst-type LOCAL", "--dst-type UNICAST,LOCAL,MULTICAST", "--src-type l,u"]),
      ...each("--src-type", ["", "LOCAL,", ",LOCAL", "nobody", "LOCAL,x,UNICAST", "local", "UN", "UNR"]),
      ...["UNSPEC", "BROADCAST", "ANYCAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"].map(
        (type) => `--dst-type ${type}`,
      ),
      "--src-type LOCAL ! --dst-type LOCAL",
      "--src-type LOCAL --src-type UNICAST",
      "--src-type LOCAL --limit-iface-in",
      "--dst-type LOCAL --limit-iface-out",
      "--dst-type LOCAL --limit-iface-out --limit-iface-in",
      "--limit-iface-in",
      "--dst-type LOCAL ! --limit-iface-in",
    ],
  },
  {
    at: ["mangle", "PREROUTING"],
    lines: ["-m addrtype --dst-type LOCAL --limit-iface-out", "-m addrtype --dst-type LOCAL --limit-iface-in"],
  },
  {
    at: ["mangle", "OUTPUT"],
    lines: ["-m addrtype --dst-type LOCAL --limit-iface-out", "-m addrtype --dst-type LOCAL --limit-iface-in"],
  },
  {
    with: "-m statistic",
    lines: [
      "",
      "--mode random",
      "--mode nth",
      "--mode foo",
      ...inverted([
        "--mode random --probability 0.5",
        "--mode nth --every 3 --packet 0",
        "--mode nth --every 3 --packet 2",
      ]),
      ...inverted(["--mode random --probability 0.33333333349"]).map((line) =>
        line.replace("! --mode random", "--mode random !"),
      ),
      "--mode nth ! --every 3 --packet 1",
      ...each("--mode random --probability", [
        "0",
        "1",
        "0.1",
        ".5",
        "5e-1",
        "1.1",
        "-0.1",
        "x",
        "",
        "0.5x",
        "0.00000000001",
      ]),
      ...each("--mode nth --packet 0 --every", NUMBERS),
      ...each("--mode nth --every 9 --packet", NUMBERS),
      "--mode nth --every 2",
      "--mode nth --packet 0",
      "--mode random --probability 0.5 --every 2 --packet 0",
      "--mode random --every 2 --packet 0",
      "--probability 0.5",
    ],
  },
  {
    with: "-m limit",
    lines: [
      "",
      ...each("--limit", [
        "1",
        "5/s",
        "5/sec",
        "5/second",
        "7/m",
        "7/minute",
        "3/hour",
        "1/day",
        "10000/s",
        "20000/s",
        "1000/hour",
      ]),
      ...each("--limit", [
        "",
        "0",
        "0/s",
        "x",
        "5/",
        "5/x",
        "5/secondly",
        "-1/s",
        "5x/s",
        "90/day",
        "100/min",
        "61/min",
      ]),
      "! --limit 5/s",
      "--limit 5/s --limit 6/s",
      ...each("--limit-burst", ["1", "5", "100", "10000", "10001", "x", "", "-1"]),
      "--limit 5/s --limit-burst 7",
    ],
  },
  {
    with: "-j LOG",
    lines: [
      "",
      ...each("--log-level", [
        "debug",
        "info",
        "notice",
        "warning",
        "error",
        "crit",
        "alert",
        "emerg",
        "panic",
        "4",
        "7",
        "8",
      ]),
      ...each("--log-level", ["", "warn", "err", "DEBUG"]),
      ...each("--log-prefix", [
        "drop",
        "drop: ",
        "a'b",
        'a"b',
        "",
        "-",
        "123456789012345678901234567890",
        "a\\b",
        "[x]",
      ]),
      "--log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode",
      "--log-macdecode --log-tcp-options --log-prefix x --log-level 7",
      "--log-uid --log-uid",
      "! --log-uid",
      "--log-uid x",
    ],
  },
  {
    with: "-j NFLOG",
    lines: [
      "",
      ...each("--nflog-group", NUMBERS),
      ...each("--nflog-prefix", ["drop", "drop: ", "", "x".repeat(70), "x".repeat(140)]),
      ...each("--nflog-size", ["0", "64", "x", "4294967295"]),
      ...each("--nflog-range", ["0", "64", "x"]),
      ...each("--nflog-threshold", ["0", "1", "65535", "65536"]),
      "--nflog-size 1 --nflog-range 2",
      "--nflog-prefix a --nflog-group 3 --nflog-size 4 --nflog-threshold 5",
    ],
  },
  {
    with: "-m comment",
    lines: [
      "",
      ...each("--comment", ["x", "a b", "", "a'b\"c\\d", "x".repeat(255), "x".repeat(256)]),
      "! --comment x",
      "--comment a --comment b",
    ],
  },
  {
    with: "-m mark",
    lines: [
      "",
      ...inverted(["--mark 1", "--mark 0x10/0xff", "--mark 010/0", "--mark 5/3"]),
      ...each("--mark", ["", "x", "1/", "1/x", "4294967296", "-1", "1/2/3"]),
    ],
  },
  {
    with: "-j MARK",
    lines: [
      "",
      "--set-mark 1",
      "--set-mark 1/2",
      "--set-xmark 0x4000/0x4000",
      "--and-mark 0xf",
      "--or-mark 0xf",
      "--xor-mark 0xf",
      "--set-mark 0",
      "--set-xmark 0/0",
      ...each("--set-mark", ["", "x", "4294967296"]),
      ...each("--or-mark", ["1/2", "x"]),
      "--set-mark 1 --or-mark 2",
      "! --set-mark 1",
    ],
  },
];

export const CASES: readonly Case[] = GROUPS.flatMap(
  ({ families = [4, 6], at = ["mangle", "FORWARD"], with: first, lines }) =>
    families.flatMap((family) =>
      lines.map((line) => ({ family, table: at[0], chain: at[1], words: [first, line].filter(Boolean).join(" ") })),
    ),
);

/** The words of a line, those between ` as one. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/`([^`]*)`|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}
