// One million connections to a thousand real servers, the oldest closed while new ones begin: CPU seconds and megabytes of
// this process, as JSON. A process of its own, so that its memory is its own.
import { fileURLToPath } from "node:url";
import { Ipvs, type Segment } from "../../lib/ipvs/ipvs.ts";
import { SCHEDULERS } from "../../lib/ipvs/schedulers/registry.ts";
import { MILLISECOND } from "../../lib/trace/world.ts";
import { Ipv4 } from "../../lib/wire/address.ts";
import { PROTOCOL, TCP_FLAG } from "../../lib/wire/packet.ts";
import { Clock, KEY, serverSpec, serviceSpec } from "./ipvs-services.ts";

/** Connections that are open at a time; closed ones wait in the table for their timers, as on a real director. */
const OPEN = 1000;
const SERVERS = 1000;
const { syn, ack, fin } = TCP_FLAG;

export interface Churn {
  readonly seconds: number;
  readonly megabytes: number;
  readonly held: number;
}

function churn(connections: number): Churn {
  const clock = new Clock();
  const ipvs = new Ipvs(clock);
  ipvs.services.add(KEY, serviceSpec(SCHEDULERS.get("wlc")!));
  for (let i = 0; i < SERVERS; i++) ipvs.services.addServer(KEY, serverSpec(i));
  const began = process.cpuUsage();
  const packet = (i: number, flags: number) => {
    const segment: Segment = {
      protocol: PROTOCOL.tcp,
      src: Ipv4.of(0x14000000 + (i >>> 15)),
      srcPort: 1024 + (i & 32767),
      dst: KEY.address,
      dstPort: KEY.port,
      tcp: { flags },
      sctp: null,
      mark: 0,
      length: 60,
      isFromHere: false,
      isConfirmed: false,
    };
    const conn = ipvs.incoming(segment, null);
    if (typeof conn === "string" || "key" in conn) throw new Error(`connection ${i} was not served`);
    ipvs.received(conn, segment);
    ipvs.put(conn);
  };
  for (let i = 0; i < connections; i++) {
    packet(i, syn);
    packet(i, ack);
    if (i >= OPEN) packet(i - OPEN, fin | ack);
    if (i % 1000 === 0) clock.advance(clock.now + MILLISECOND);
  }
  const { user, system } = process.cpuUsage(began);
  const megabytes = process.memoryUsage().rss / 1e6;
  return { seconds: (user + system) / 1e6, megabytes, held: ipvs.connections.table.size };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(JSON.stringify(churn(Number(process.argv[2] ?? 1_000_000))));
