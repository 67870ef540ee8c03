// What random cases of TCP found, made small by hand: a case's name says what Linux does.
import { ipv4 } from "../../lib/wire/address.ts";
import { TCP_FLAG, type Tcp } from "../../lib/wire/packet.ts";
import type { Case } from "./case.ts";
import { command, ping, Star } from "./star.ts";

function answerWaits(): Case {
  const star = new Star();
  const noData = new Uint8Array(0);
  const syn: Tcp = {
    ...{ kind: "tcp", srcPort: 40000, dstPort: 80, seq: 1000, ack: 0, flags: TCP_FLAG.syn, window: 64240 },
    ...{ options: { mss: 1460 }, data: noData },
  };
  const header = { kind: "ipv4", src: ipv4("10.1.0.77"), dst: ipv4("10.1.0.1"), tos: 0, id: 1, ttl: 64 } as const;
  const name =
    "TCP: a SYN-ACK is sent again though the one before waits for a MAC; an error ends what waits to be accepted";
  return star.case(name, [
    { kind: "tcp", at: 10, ns: "r", do: "listen", socket: "L", port: 80, address: null, backlog: 5, reuse: true },
    star.frame(20, { ...header, dontFragment: true, moreFragments: false, fragmentOffset: 0, body: syn }),
    ping(5000, "h3", "10.3.0.1"),
  ]);
}

function resetOfAnOrphan(): Case {
  const call = { kind: "tcp", ns: "h2" } as const;
  return new Star().case("TCP: in FIN-WAIT-2, and nobody holds it, a RST anywhere in the window is believed", [
    command(5, "r", "iptables -A FORWARD -m length --length 53 -j DROP"),
    { ...call, at: 20, do: "listen", socket: "L", port: 80, address: null, backlog: 5, reuse: true },
    { ...call, at: 40, ns: "h1", do: "connect", socket: "c", port: 80, to: "10.2.0.2" },
    { ...call, at: 100, do: "accept", socket: "s", listener: "L" },
    { ...call, at: 120, do: "send", socket: "s", bytes: 1 },
    { ...call, at: 140, ns: "h1", do: "close", socket: "c" },
    { ...call, at: 240, do: "abort", socket: "s" },
  ]);
}

export function foundTcp(): Case[] {
  return [answerWaits(), resetOfAnOrphan()];
}
