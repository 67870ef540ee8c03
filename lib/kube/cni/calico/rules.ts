// Felix's chains that are the same on every node: where packets to and from pods leave iptables' own chains.
// Before you edit: github.com/projectcalico/calico felix/rules/{static,nat,rule_defs}.go, felix/dataplane/linux/int_dataplane.go
// (setUpIptablesNormal), felix/iptables/{actions,match_builder,renderer,table}.go. Marks are those of IptablesMarkMask 0xffff0000.
import { ruleHashes, setName } from "./names.ts";

/** Bits of a packet's mark: its policies took it, or pass it on to the profiles; two more of passing use. */
export const MARK = { accept: 0x10000, pass: 0x20000, scratch0: 0x80000, scratch1: 0x100000 } as const;
const ALL = MARK.accept | MARK.pass | MARK.scratch0 | MARK.scratch1;

/** Sets of addresses that rules ask about. */
export const SET = {
  pools: setName("all-ipam-pools"),
  masqueraded: setName("masq-ipam-pools"),
  hosts: setName("all-hosts-net"),
  vteps: setName("all-vxlan-net"),
} as const;

/** A rule without its chain and its hash: comments, what it asks, what it does, as Felix writes them. */
export type Rule = string;

/** The rules of a chain by its name. */
export type Chains = ReadonlyMap<string, readonly Rule[]>;

export function rule(match: string, action: string, ...comments: readonly string[]): Rule {
  const said = comments.map((each) => `-m comment --comment "${each.replaceAll(/[^\w @%+=:,./-]/g, "_")}"`);
  return [...said, match, action].filter((part) => part !== "").join(" ");
}

const hex = (mark: number): string => `0x${mark.toString(16)}`;
export const jump = (chain: string): string => `--jump ${chain}`;
export const goto = (chain: string): string => `--goto ${chain}`;
export const clearMark = (mark: number): string => `--jump MARK --set-mark 0/${hex(mark)}`;
export const setMark = (mark: number): string => `--jump MARK --set-mark ${hex(mark)}/${hex(mark)}`;
export const isMarked = (mark: number): string => `-m mark --mark ${hex(mark)}/${hex(mark)}`;
export const isUnmarked = (mark: number): string => `-m mark --mark 0/${hex(mark)}`;
const MASQUERADE = "--jump MASQUERADE --random-fully";

/** How packets between nodes travel: it decides what a node lets in and out. */
export type Tunnel = "none" | "ipip" | "vxlan";

export const VXLAN_PORT = 4789;
export const TUNNEL_DEVICE = { none: null, ipip: "tunl0", vxlan: "vxlan.calico" } as const;

/** A table: Felix's own chains, and the rules that lead there from iptables' chains. */
export interface Table {
  readonly chains: Chains;
  readonly inserted: Chains;
  readonly appended: Chains;
}

const accepted = rule(isMarked(MARK.accept), jump("ACCEPT"));
const byHostPolicy = rule(isMarked(MARK.accept), jump("ACCEPT"), "Host endpoint policy accepted packet.");
const established = "-m conntrack --ctstate RELATED,ESTABLISHED";

/** What comes from a pod to the node itself is taken when the pod's own egress policies let it go. */
export const TO_HOST = "ACCEPT";

function filter(tunnel: Tunnel): Table {
  const vxlan = `-p 17 -m multiport --destination-ports ${VXLAN_PORT}`;
  const tunnelIn: Readonly<Record<Tunnel, readonly Rule[]>> = {
    none: [],
    ipip: [
      rule(
        `-p 4 -m set --match-set ${SET.hosts} src -m addrtype --dst-type LOCAL`,
        jump("ACCEPT"),
        "Allow IPIP packets from Calico hosts",
      ),
      rule("-p 4", jump("DROP"), "Drop IPIP packets from non-Calico hosts"),
    ],
    vxlan: [
      rule(
        `${vxlan} -m set --match-set ${SET.vteps} src -m addrtype --dst-type LOCAL`,
        jump("ACCEPT"),
        "Allow IPv4 VXLAN packets from allowed hosts",
      ),
      rule(`${vxlan} -m addrtype --dst-type LOCAL`, jump("DROP"), "Drop IPv4 VXLAN packets from non-allowed hosts"),
    ],
  };
  const tunnelOut: Readonly<Record<Tunnel, readonly Rule[]>> = {
    none: [],
    ipip: [
      rule(
        `-p 4 -m set --match-set ${SET.hosts} dst -m addrtype --src-type LOCAL`,
        jump("ACCEPT"),
        "Allow IPIP packets to other Calico hosts",
      ),
    ],
    vxlan: [
      rule(
        `${vxlan} -m addrtype --src-type LOCAL -m set --match-set ${SET.vteps} dst`,
        jump("ACCEPT"),
        "Allow IPv4 VXLAN packets to other allowed hosts",
      ),
    ],
  };
  return {
    chains: new Map<string, readonly Rule[]>([
      [
        "cali-FORWARD",
        [
          rule("", clearMark(ALL & ~MARK.accept)),
          rule(isUnmarked(MARK.accept), jump("cali-from-hep-forward")),
          rule("--in-interface cali+", jump("cali-from-wl-dispatch")),
          rule("--out-interface cali+", jump("cali-to-wl-dispatch")),
          rule("", jump("cali-to-hep-forward")),
          rule("", jump("cali-cidr-block")),
        ],
      ],
      [
        "cali-INPUT",
        [
          ...tunnelIn[tunnel],
          rule("--in-interface cali+", goto("cali-wl-to-host")),
          accepted,
          rule("", clearMark(ALL)),
          rule("", jump("cali-from-host-endpoint")),
          byHostPolicy,
        ],
      ],
      [
        "cali-OUTPUT",
        [
          accepted,
          rule("--out-interface cali+", jump("RETURN")),
          ...tunnelOut[tunnel],
          rule("", clearMark(ALL)),
          rule("-m conntrack ! --ctstate DNAT", jump("cali-to-host-endpoint")),
          byHostPolicy,
        ],
      ],
      [
        "cali-wl-to-host",
        [rule("", jump("cali-from-wl-dispatch")), rule("", jump(TO_HOST), "Configured DefaultEndpointToHostAction")],
      ],
      ["cali-cidr-block", []],
      ["cali-from-hep-forward", []],
      ["cali-from-host-endpoint", []],
      ["cali-to-hep-forward", []],
      ["cali-to-host-endpoint", []],
    ]),
    inserted: new Map([
      ["INPUT", [rule("", jump("cali-INPUT"))]],
      ["FORWARD", [rule("", jump("cali-FORWARD"))]],
      ["OUTPUT", [rule("", jump("cali-OUTPUT"))]],
    ]),
    appended: new Map([
      [
        "FORWARD",
        [
          rule(isMarked(MARK.accept), jump("ACCEPT"), "Policy explicitly accepted packet."),
          rule("", setMark(MARK.accept)),
        ],
      ],
    ]),
  };
}

function nat(tunnel: Tunnel): Table {
  const device = TUNNEL_DEVICE[tunnel];
  // Who sends into a tunnel by the address of another device is translated, or the answer would not come back by it.
  const wrongSource =
    device === null
      ? []
      : [
          rule(
            `--out-interface ${device} -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL`,
            MASQUERADE,
          ),
        ];
  return {
    chains: new Map<string, readonly Rule[]>([
      ["cali-PREROUTING", [rule("", jump("cali-fip-dnat"))]],
      ["cali-POSTROUTING", [rule("", jump("cali-fip-snat")), rule("", jump("cali-nat-outgoing")), ...wrongSource]],
      ["cali-OUTPUT", [rule("", jump("cali-fip-dnat"))]],
      ["cali-fip-dnat", []],
      ["cali-fip-snat", []],
      [
        "cali-nat-outgoing",
        [rule(`-m set --match-set ${SET.masqueraded} src -m set ! --match-set ${SET.pools} dst`, MASQUERADE)],
      ],
    ]),
    inserted: new Map([
      ["PREROUTING", [rule("", jump("cali-PREROUTING"))]],
      ["OUTPUT", [rule("", jump("cali-OUTPUT"))]],
    ]),
    // Behind kube-proxy's, or both would translate.
    appended: new Map([["POSTROUTING", [rule("", jump("cali-POSTROUTING"))]]]),
  };
}

const mangle: Table = {
  chains: new Map<string, readonly Rule[]>([
    [
      "cali-PREROUTING",
      [rule(established, jump("ACCEPT")), accepted, rule("", jump("cali-from-host-endpoint")), byHostPolicy],
    ],
    [
      "cali-POSTROUTING",
      [
        rule(isMarked(MARK.accept), jump("RETURN")),
        rule("", clearMark(ALL)),
        rule("-m conntrack --ctstate DNAT", jump("cali-to-host-endpoint")),
        rule(isMarked(MARK.accept), jump("RETURN"), "Host endpoint policy accepted packet."),
      ],
    ],
    ["cali-from-host-endpoint", []],
    ["cali-to-host-endpoint", []],
  ]),
  inserted: new Map([
    ["PREROUTING", [rule("", jump("cali-PREROUTING"))]],
    ["POSTROUTING", [rule("", jump("cali-POSTROUTING"))]],
  ]),
  appended: new Map(),
};

function raw(tunnel: Tunnel): Table {
  const untracked = tunnel === "vxlan" ? [rule(`-p udp --dport ${VXLAN_PORT}`, jump("NOTRACK"))] : [];
  return {
    chains: new Map<string, readonly Rule[]>([
      [
        "cali-PREROUTING",
        [
          rule("", clearMark(ALL)),
          ...untracked,
          rule("--in-interface cali+", setMark(MARK.scratch0)),
          rule(isMarked(MARK.scratch0), jump("cali-rpf-skip")),
          rule(`${isMarked(MARK.scratch0)} -m rpfilter --invert --validmark`, jump("DROP")),
          rule(isUnmarked(MARK.scratch0), jump("cali-from-host-endpoint")),
          accepted,
        ],
      ],
      ["cali-OUTPUT", [rule("", clearMark(ALL)), rule("", jump("cali-to-host-endpoint")), ...untracked, accepted]],
      ["cali-rpf-skip", []],
      ["cali-from-host-endpoint", []],
      ["cali-to-host-endpoint", []],
    ]),
    inserted: new Map([
      ["PREROUTING", [rule("", jump("cali-PREROUTING"))]],
      ["OUTPUT", [rule("", jump("cali-OUTPUT"))]],
    ]),
    appended: new Map(),
  };
}

/** Every table as it is before the first pod comes, and whatever pods do. */
export const staticTables = (tunnel: Tunnel): Readonly<Record<string, Table>> => ({
  raw: raw(tunnel),
  mangle,
  nat: nat(tunnel),
  filter: filter(tunnel),
});

/** A chain's rules as iptables-restore reads them, each with its hash. `command` is `-A CHAIN`, or what else begins them. */
export function hashed(chain: string, rules: readonly Rule[], command = `-A ${chain}`, salt = ""): string[] {
  const hashes = ruleHashes(chain + salt, rules);
  return rules.map((each, i) => `${command} -m comment --comment "cali:${hashes[i]}" ${each}`.trimEnd());
}

/** What iptables-restore is told to make a table of nothing. */
export function tableText(name: string, { chains, inserted, appended }: Table): string {
  const lines = [
    ...[...chains.keys()].map((chain) => `:${chain} - -`),
    ...[...chains].flatMap(([chain, rules]) => hashed(chain, rules)),
    ...[...inserted].flatMap(([chain, rules]) => hashed(chain, rules, `-I ${chain}`)),
    ...[...appended].flatMap(([chain, rules]) => hashed(chain, rules, `-A ${chain}`, "*appends*")),
  ];
  return `*${name}\n${lines.join("\n")}\nCOMMIT\n`;
}
