// The connections there are, found by the client's address and port: those of both directions in one bucket.
// Before you edit: net/netfilter/ipvs/ip_vs_conn.c (ip_vs_conn_hashkey, __ip_vs_conn_in_get, ip_vs_ct_in_get,
// ip_vs_conn_out_get).
import type { Ip } from "../wire/address.ts";
import type { Conn, ConnKey } from "./connection.ts";
import { fold } from "./hash.ts";

const SMALLEST = 1 << 8;

export class ConnTable {
  private buckets: (Conn | null)[] = new Array(SMALLEST).fill(null);
  size = 0;

  add(conn: Conn): void {
    if (this.size >= this.buckets.length * 2) this.grow();
    this.link(conn);
    conn.isHashed = true;
    this.size++;
  }

  private link(conn: Conn): void {
    const bucket = this.bucketOf(conn.protocol, conn.client, conn.clientPort);
    conn.next = this.buckets[bucket]!;
    this.buckets[bucket] = conn;
  }

  delete(conn: Conn): void {
    const bucket = this.bucketOf(conn.protocol, conn.client, conn.clientPort);
    let each = this.buckets[bucket]!;
    if (each === conn) this.buckets[bucket] = conn.next;
    else {
      while (each.next !== conn) each = each.next!;
      each.next = conn.next;
    }
    conn.next = null;
    conn.isHashed = false;
    this.size--;
  }

  /** The connection of a client's packet. */
  find({ protocol, client, clientPort, virtual, virtualPort }: ConnKey): Conn | null {
    let each = this.buckets[this.bucketOf(protocol, client, clientPort)] ?? null;
    for (; each !== null; each = each.next)
      if (
        each.clientPort === clientPort &&
        each.virtualPort === virtualPort &&
        each.client === client &&
        each.virtual === virtual &&
        each.protocol === protocol
      )
        return each;
    return null;
  }

  /** The template for a client's network; its port is 0. */
  findTemplate(key: ConnKey): Conn | null {
    const found = this.find(key);
    return found?.isTemplate ? found : null;
  }

  /** The connection of a packet that a real server sends: from its own address where addresses are translated. */
  findReply(protocol: number, src: Ip, srcPort: number, dst: Ip, dstPort: number): Conn | null {
    let each = this.buckets[this.bucketOf(protocol, dst, dstPort)] ?? null;
    for (; each !== null; each = each.next) {
      if (each.clientPort !== dstPort || each.client !== dst || each.protocol !== protocol) continue;
      const isMasq = each.method === "masq";
      if (
        srcPort === (isMasq ? each.serverPort : each.virtualPort) &&
        src === (isMasq ? each.dest.address : each.virtual)
      )
        return each;
    }
    return null;
  }

  /** In the order they began. */
  list(): Conn[] {
    const all: Conn[] = [];
    for (const first of this.buckets) for (let each = first; each !== null; each = each.next) all.push(each);
    return all.sort((a, b) => a.id - b.id);
  }

  /** Those of so many buckets as a thirty-second of all, drawn by lot; one may be drawn twice. */
  sample(random: () => number): Conn[] {
    const drawn: Conn[] = [];
    const { length } = this.buckets;
    for (let i = 0; i < length >> 5; i++) {
      for (let each = this.buckets[Math.floor(random() * length)] ?? null; each !== null; each = each.next)
        drawn.push(each);
    }
    return drawn;
  }

  private grow(): void {
    const old = this.buckets;
    this.buckets = new Array(old.length * 4).fill(null);
    for (let each of old)
      while (each !== null) {
        const { next }: Conn = each;
        this.link(each);
        each = next;
      }
  }

  private bucketOf(protocol: number, client: Ip, port: number): number {
    let hash = Math.imul(fold(client) ^ (port << 8) ^ protocol, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    return (hash ^ (hash >>> 13)) & (this.buckets.length - 1);
  }
}
