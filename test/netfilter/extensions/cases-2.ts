// Options right and wrong: part 2 of 3.
import { each, type Group, inverted, NUMBERS } from "./case-words.ts";

export const GROUPS_2: readonly Group[] = [
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
  {
    with: "-p sctp -m sctp",
    lines: [
      "",
      ...inverted(["--sport 80", "--dport 1:2", "--dport :5", "--sport 0:65535"]),
      ...inverted(
        ["any DATA,INIT", "all ALL", "only NONE", "ANY DATA:Be,ABORT:T", "any data:Ib"].map(
          (l) => `--chunk-types ${l}`,
        ),
      ),
      "--chunk-types any I_DATA,FORWARD_TSN,PAD",
      "--chunk-types any",
      "--chunk-types some DATA",
      "--chunk-types any FOO",
      "--chunk-types any DATA:X",
      "--chunk-types any INIT:B",
      "--dport 2:1",
      "--dport amqp",
      "--dport 1 --dport 2",
      "--chunk-types any DATA --chunk-types any INIT",
    ],
  },
  {
    families: [4],
    with: "-m iprange",
    lines: [
      "",
      ...inverted(["--src-range 10.0.0.1-10.0.0.9", "--dst-range 10.0.0.1", "--src-range 10.1-10.2"]),
      "--src-range 10.0.0.1-10.0.0.9 ! --dst-range 1.2.3.4-5.6.7.8",
      ...each("--src-range", [
        "",
        "x",
        "1.2.3.4-",
        "-1.2.3.4",
        "1.2.3.4-x",
        "9.0.0.0-1.0.0.0",
        "256.1.1.1",
        "::1-::2",
        "1.2.3.4-1.2.3.5-1",
      ]),
      "--src-range 1.1.1.1 --src-range 1.1.1.2",
    ],
  },
  {
    families: [6],
    with: "-m iprange",
    lines: [
      ...inverted(["--src-range 2001:db8::1-2001:db8::9"]),
      "--dst-range fe80::1",
      "--src-range 1.2.3.4",
      "--src-range ::9-::1",
    ],
  },
  {
    with: "-m length",
    lines: [
      "",
      ...inverted(["--length 84", "--length 40:100", "--length 40:", "--length :100", "--length 100:40"]),
      ...each("--length", [...NUMBERS, "1:2:3", ":", "1:x", "65536"]),
    ],
  },
  {
    families: [4],
    with: "-m ttl",
    lines: [
      "",
      ...inverted(["--ttl-eq 64", "--ttl 64"]),
      "--ttl-lt 5",
      "--ttl-gt 5",
      "! --ttl-lt 5",
      "--ttl-lt 5 --ttl-gt 1",
      "--ttl-eq 1 --ttl 2",
      ...each("--ttl-eq", [...NUMBERS, "255", "256"]),
    ],
  },
  {
    families: [6],
    with: "-m hl",
    lines: ["", ...inverted(["--hl-eq 64", "--hl 64"]), "--hl-lt 5", "--hl-gt 5", "--hl-lt 5 --hl-gt 1", "--hl-eq 256"],
  },
  { families: [6], lines: ["-m ttl --ttl-eq 1"] },
  {
    with: "-m mac",
    lines: [
      "",
      ...inverted(["--mac-source 02:00:00:00:00:01", "--mac-source 2:0:0:0:0:aB"]),
      ...each("--mac-source", [
        "",
        "x",
        "02:00:00:00:00",
        "02:00:00:00:00:01:02",
        "02-00-00-00-00-01",
        "100:0:0:0:0:0",
      ]),
    ],
  },
  {
    at: ["mangle", "OUTPUT"],
    lines: [
      "-m mac --mac-source 02:00:00:00:00:01",
      "-j CLASSIFY --set-class 1:2",
      "-m physdev --physdev-out eth0",
      "-m physdev --physdev-out eth0 --physdev-is-bridged",
    ],
  },
  {
    at: ["mangle", "PREROUTING"],
    lines: [
      "-j CLASSIFY --set-class 1:2",
      "-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu",
      "-m rpfilter",
      ...inverted(["-m rpfilter --loose"]),
      "-m rpfilter --loose --validmark --accept-local --invert",
      "-m rpfilter --loose --loose",
    ],
  },
  { lines: ["-m rpfilter --loose"] },
  { at: ["filter", "FORWARD"], lines: ["-m rpfilter", "-j TRACE"] },
  { families: [4], at: ["filter", "FORWARD"], lines: ["-j TTL --ttl-set 4"] },
  { at: ["raw", "PREROUTING"], lines: ["-j TRACE", "-j TRACE --foo", "-m rpfilter"] },
  {
    with: "-m pkttype",
    lines: [
      "",
      ...inverted(
        ["unicast", "broadcast", "multicast", "otherhost", "bcast", "MCAST", "host"].map(
          (type) => `--pkt-type ${type}`,
        ),
      ),
      ...each("--pkt-type", ["", "x", "uni"]),
    ],
  },
  {
    with: "-p tcp -m tcpmss",
    lines: [
      "",
      ...inverted(["--mss 1400", "--mss 536:1400", "--mss :100", "--mss 1000:"]),
      ...each("--mss", ["", "x", "100:50", "65536", "1:2:3"]),
    ],
  },
  { lines: ["-m tcpmss --mss 5"] },
  {
    with: "-m physdev",
    lines: [
      "",
      ...inverted([
        "--physdev-in eth0",
        "--physdev-out eth+",
        "--physdev-is-in",
        "--physdev-is-out",
        "--physdev-is-bridged",
      ]),
      "--physdev-in eth0 --physdev-is-bridged ! --physdev-out veth1",
      "--physdev-is-in ! --physdev-is-out",
      ...each("--physdev-in", ["+", "1234567890123456", "123456789012345"]),
      "--physdev-in a --physdev-in b",
    ],
  },
];
