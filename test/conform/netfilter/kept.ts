// Cases that once differed, made small and given a name.
import { ipv6Bytes } from "../../../lib/wire/bytes6.ts";
import type { Ipv6Packet, Tcp } from "../../../lib/wire/packet.ts";
import type { AnswerStep, Case, Step } from "./case.ts";
import { KINDS, type Kind } from "./lab.ts";
import { frame, hexOf, packetOf, piecesOf } from "./packets.ts";
import type { TableText } from "./rules.ts";

const [V4, LEGACY, V6, , BRIDGED] = KINDS as [Kind, Kind, Kind, Kind, Kind];

type Packet = ReturnType<typeof packetOf>;
type Body = Packet["body"];

const HOOKS = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
} as const;

type Rules = Partial<Record<keyof typeof HOOKS, readonly string[]>>;

function kept(name: string, kind: Kind, rules: Rules, steps: readonly Step[], sets: readonly string[] = []): Case {
  const tables = (Object.keys(HOOKS) as (keyof typeof HOOKS)[]).map(
    (table): TableText => ({
      table,
      chains: HOOKS[table].map((hook) => `:${hook} ACCEPT [0:0]`),
      rules: (rules[table] ?? []).map((rule) => `-A ${rule}`),
    }),
  );
  return { name, kind, sets, tables, steps };
}

const data = (text: string) => new TextEncoder().encode(text);
const udp = (srcPort: number, dstPort: number, size = 4): Body => ({
  kind: "udp",
  srcPort,
  dstPort,
  data: new Uint8Array(size).fill(98),
});
const echo = (size = 4): Body => ({
  kind: "icmp",
  type: 8,
  code: 0,
  rest: 0x10001,
  data: new Uint8Array(size).fill(120),
});
const USUAL: Tcp["options"] = { mss: 1460, sackPermitted: true, windowScale: 7 };
const syn = (srcPort: number, dstPort: number, options = USUAL): Tcp => {
  return { kind: "tcp", srcPort, dstPort, seq: 7000, ack: 0, flags: 2, window: 29200, options, data: data("") };
};

function sent(kind: Kind, at: "c" | "s", src: string, dst: string, body: Body): Step {
  return { do: "send", at, bytes: hexOf(frame(kind, at, packetOf(null, kind.family, src, dst, body))) };
}

function inPieces(kind: Kind, src: string, dst: string, body: Body): Step[] {
  const pieces = piecesOf(packetOf(null, kind.family, src, dst, body), 1000, 7);
  return pieces.map((piece) => ({ do: "send", at: "c", bytes: hexOf(frame(kind, "c", piece)) }));
}

function local({ family }: Kind, src: string, dst: string, body: Body): Step {
  const bytes = hexOf(frame(V4, "c", packetOf(null, family, src, dst, body)));
  const protocol = { tcp: 6, udp: 17, icmp: 1, icmp6: 58 }[body.kind as "tcp"];
  return { do: "local", protocol, src, dst, ttl: 64, tos: 0, body: bytes.slice(2 * (14 + (family === 4 ? 20 : 40))) };
}

const reply = (at: "c" | "s"): AnswerStep => ({ do: "answer", at, how: { kind: "reply", data: 4 } });
const error = (at: "c" | "s", type: number, code: number, quoted: number): AnswerStep => ({
  do: "answer",
  at,
  how: { kind: "error", type, code, mtu: 0, quoted, from: null },
});

/** What a router would say of the octets of a packet that r sent to c. */
const tooBig = (body: Body): Body => ({
  kind: "icmp6",
  type: 2,
  code: 0,
  rest: 1300,
  data: ipv6Bytes(packetOf(null, 6, "2001:db8:1::1", "2001:db8:1::50", body) as Ipv6Packet),
});

const TRACKED = "FORWARD -m conntrack --ctstate NEW";

export const KEPT: readonly Case[] = [
  kept(
    "filter OUTPUT sees the device from before a REDIRECT",
    V4,
    { nat: ["OUTPUT -p tcp -j REDIRECT"], filter: ["OUTPUT -o lo", "OUTPUT -o r1"] },
    [local(V4, "10.2.0.1", "10.2.0.50", syn(40000, 99))],
  ),
  kept(
    "an echo reply that is refused at OUTPUT gets no error",
    V4,
    { filter: ["OUTPUT -p icmp -j REJECT --reject-with icmp-host-unreachable"] },
    [sent(V4, "c", "10.1.0.50", "10.1.0.1", echo())],
  ),
  kept(
    "an ICMPv6 error belongs to the connection it is about",
    V6,
    { filter: ["OUTPUT -m state --state RELATED", "OUTPUT -m state --state INVALID", "OUTPUT -p tcp -j REJECT"] },
    [local(V6, "2001:db8:1::1", "2001:db8:2::50", syn(40000, 80))],
  ),
  kept(
    "what -j CT attached is new and has no mark",
    V4,
    { raw: ["PREROUTING -j CT --zone 3", "PREROUTING -m state --state NEW", "PREROUTING -m connmark --mark 0"] },
    [sent(V4, "c", "10.1.0.50", "10.2.0.50", udp(1000, 53))],
  ),
  kept(
    "what an unreachable port answers has no connection in raw",
    V4,
    { raw: ["OUTPUT -m connmark ! --mark 0x1"], filter: [TRACKED] },
    [sent(V4, "c", "10.1.0.50", "10.1.0.1", udp(1000, 99))],
  ),
  kept("REDIRECT in OUTPUT leads IPv6 to ::1", V6, { nat: ["OUTPUT -p udp -j REDIRECT --to-ports 80"] }, [
    local(V6, "2001:db8:1::9", "2001:db8:2::50", udp(7000, 53)),
  ]),
  kept("an error for this machine may be cut within TCP's options", V4, { filter: [TRACKED] }, [
    local(V4, "10.2.0.1", "10.2.0.50", syn(40000, 99)),
    error("s", 3, 1, 44),
  ]),
  kept(
    "a shorter network of a set is asked where counters do not agree",
    V4,
    { filter: ["FORWARD -m set --match-set nets dst ! --packets-eq 1"] },
    [sent(V4, "c", "10.1.0.50", "10.2.0.50", udp(1000, 53))],
    ["create nets hash:net counters", "add nets 10.2.0.0/16", "add nets 10.2.0.0/24"],
  ),
  kept(
    "a connected UDP socket hears that a host is prohibited",
    V4,
    { filter: ["FORWARD -p udp -j REJECT --reject-with icmp-host-prohibited"] },
    [{ do: "udp", ns: "c", from: 41000, to: "10.2.0.2", port: 53, size: 4, connected: true }],
  ),
  kept(
    "a connected UDP socket hears that a network is prohibited",
    V4,
    { filter: ["FORWARD -p udp -j REJECT --reject-with icmp-net-prohibited"] },
    [{ do: "udp", ns: "c", from: 41000, to: "10.2.0.2", port: 53, size: 4, connected: true }],
  ),
  kept(
    "--ctorigsrc is printed as it was said",
    V4,
    {
      filter: [
        "FORWARD -m conntrack --ctorigsrc 10.1.0.50/24",
        "FORWARD -m conntrack --ctorigdst 10.2.0.51/255.255.255.0",
      ],
    },
    [sent(V4, "c", "10.1.0.50", "10.2.0.50", udp(1000, 53)), reply("s")],
  ),
  kept(
    "a bridge's fragments leave as they came",
    BRIDGED,
    { filter: [TRACKED] },
    inPieces(BRIDGED, "10.1.0.50", "10.1.0.60", udp(1000, 53, 2500)),
  ),
  kept(
    "a bridge remembers a connection to a group though nothing passes it on",
    BRIDGED,
    { filter: [TRACKED, "FORWARD -j DROP"] },
    [sent(BRIDGED, "c", "10.1.0.50", "224.0.0.5", udp(1000, 53))],
  ),
  kept("nobody is told that a bridged packet for a group was refused", BRIDGED, { filter: ["FORWARD -j REJECT"] }, [
    sent(BRIDGED, "c", "10.1.0.50", "224.0.0.5", udp(1000, 53)),
    sent(BRIDGED, "c", "10.1.0.50", "10.1.0.60", udp(1000, 53)),
  ]),
  kept("MASQUERADE of what is bridged", BRIDGED, { nat: ["POSTROUTING -j MASQUERADE"] }, [
    sent(BRIDGED, "c", "10.1.0.50", "10.1.0.60", udp(1000, 53)),
    reply("s"),
  ]),
  kept(
    "with CT --zone-reply answers are kept apart, and keep their ports",
    V4,
    { raw: ["PREROUTING -i r1 -j CT --zone-reply 5"], nat: ["POSTROUTING"] },
    [sent(V4, "c", "10.1.0.50", "10.2.0.50", udp(1000, 53)), reply("s")],
  ),
  kept(
    "who answers outside of CT --zone-reply clashes, and no other port helps",
    V4,
    { raw: ["PREROUTING -j CT --zone-reply 5"], nat: ["POSTROUTING"] },
    [sent(V4, "c", "10.1.0.50", "10.1.0.1", udp(1000, 53))],
  ),
  kept(
    "who answers outside of CT --zone-reply clashes, in IPv6 too",
    V6,
    { raw: ["PREROUTING -j CT --zone-reply 5"], nat: ["POSTROUTING"] },
    [sent(V6, "c", "2001:db8:1::50", "2001:db8:1::1", udp(1000, 53))],
  ),
  kept(
    "a bridged segment is reset in the name of who has the MAC, and no hook sees it",
    BRIDGED,
    { filter: ["FORWARD -p tcp -j REJECT --reject-with tcp-reset", "OUTPUT"] },
    [sent(BRIDGED, "c", "10.1.0.50", "10.1.0.60", syn(40000, 80))],
  ),
  kept(
    "a policy counts the octets that TCPMSS added",
    V4,
    { mangle: ["FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400", "FORWARD"] },
    [sent(V4, "c", "10.1.0.50", "10.2.0.50", syn(40000, 80, {}))],
  ),
  kept(
    "ip_tables makes a list of recent as the first rule in the order of chains says",
    LEGACY,
    {
      mangle: [
        "POSTROUTING -m recent --set --name kept --mask 255.255.255.0",
        "PREROUTING -m recent --rcheck --name kept",
      ],
    },
    [50, 51].map((host) => sent(LEGACY, "c", `10.1.0.${host}`, "10.2.0.50", udp(1000, 53))),
  ),
  kept("a connected UDP socket hears of a parameter problem", V4, { filter: ["INPUT -p icmp"] }, [
    { do: "udp", ns: "r", from: 41000, to: "10.2.0.2", port: 53, size: 4, connected: true },
    error("s", 12, 0, 28),
    { do: "udp", ns: "r", from: 41001, to: "10.2.0.2", port: 53, size: 4, connected: true },
  ]),
  kept(
    "an error about what is not tracked is INVALID, and NOTRACK leaves it alone",
    V4,
    {
      raw: ["PREROUTING -j NOTRACK", "OUTPUT -j NOTRACK"],
      filter: ["OUTPUT -m conntrack --ctstate INVALID", "OUTPUT -m conntrack --ctstate UNTRACKED"],
    },
    [sent(V4, "c", "10.1.0.50", "10.1.0.1", udp(1000, 99))],
  ),
  kept(
    "a destination's port is the first of the range that is free, and so is an identifier",
    V4,
    {
      nat: [
        "PREROUTING -p udp -j DNAT --to-destination 10.2.0.50:7001-7004",
        "PREROUTING -p icmp -j DNAT --to-destination 10.2.0.50",
      ],
    },
    [80, 443].flatMap((port) => [
      sent(V4, "c", "10.1.0.50", "10.1.0.1", udp(1000, port)),
      sent(V4, "c", "10.1.0.50", port === 80 ? "10.1.0.1" : "10.2.0.51", echo()),
    ]),
  ),
  kept(
    "IPv6 is joined before it is tracked, translated as one, and cut again as it came",
    V6,
    {
      nat: ["PREROUTING -p udp --dport 53 -j DNAT --to-destination [2001:db8:2::50]:80"],
      filter: [TRACKED, "FORWARD -p udp --dport 80", "INPUT -p udp --dport 443"],
    },
    ["2001:db8:2::51", "2001:db8:1::1"].flatMap((to, i) =>
      inPieces(V6, "2001:db8:1::50", to, udp(1000, [53, 443][i]!, 2500)),
    ),
  ),
  kept(
    "whether a lone RST is in the window hangs on a number that was drawn",
    LEGACY,
    {
      raw: ["PREROUTING -m statistic --mode nth --every 3 --packet 0 -j NOTRACK"],
      mangle: ["POSTROUTING -d 10.2.0.0/16 -j CONNMARK --xor-mark 0xf0"],
    },
    [{ do: "connect", ns: "r", from: 42900, to: "10.2.0.3", port: 443 }],
  ),
  kept(
    "TCPMSS clamps what one sends to oneself to the loopback's MTU",
    V4,
    { mangle: ["OUTPUT -p tcp -m tcp --tcp-flags SYN,RST SYN --sport 443 -j TCPMSS --clamp-mss-to-pmtu"] },
    [local(V4, "10.1.0.9", "10.1.0.9", syn(80, 443, { mss: 1460 }))],
  ),
  ...(["udp", "icmp6"] as const).map((whose) =>
    kept(`a Packet Too Big about ${whose} of nobody is ${whose === "udp" ? "not " : ""}believed`, V6, {}, [
      sent(
        V6,
        "c",
        "2001:db8:1::50",
        "2001:db8:1::1",
        tooBig(
          whose === "udp"
            ? udp(1000, 53, 1400)
            : { kind: "icmp6", type: 128, code: 0, rest: 1, data: data("12345678") },
        ),
      ),
      local(V6, "2001:db8:1::1", "2001:db8:1::50", udp(1001, 53, 1400)),
      { do: "connect", ns: "r", from: 42001, to: "2001:db8:1::50", port: 80 },
    ]),
  ),
  kept(
    "what -j CT attached is confirmed, ends now, and has neither addresses nor a protocol",
    V4,
    {
      raw: [
        "PREROUTING -j CT --zone 3",
        ...["--ctexpire 0", "--ctexpire 1:9", "--ctstatus CONFIRMED", "--ctstatus ASSURED", "--ctdir ORIGINAL"].map(
          (asked) => `PREROUTING -m conntrack ${asked}`,
        ),
        ...["--ctorigsrc 10.0.0.0/8", "! --ctrepldst 10.1.0.0/16", "--ctproto 17", "--ctorigdstport 0"].map(
          (asked) => `PREROUTING -m conntrack ${asked}`,
        ),
      ],
    },
    [sent(V4, "c", "10.1.0.50", "10.2.0.50", udp(1000, 53))],
  ),
  kept(
    "an error for everybody passes POSTROUTING as two",
    BRIDGED,
    { mangle: ["POSTROUTING -p icmp"], filter: ["FORWARD -j REJECT --reject-with icmp-host-unreachable"] },
    [sent(BRIDGED, "c", "10.1.0.255", "10.1.0.61", udp(1000, 53))],
  ),
];
