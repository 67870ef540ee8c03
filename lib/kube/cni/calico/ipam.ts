// Calico's IPAM: a node takes blocks of the pool for itself, and gives a block's addresses out one after the other. All of
// it is kept in the API server, so two nodes that want one block find out there.
// Before you edit: github.com/projectcalico/calico libcalico-go/lib/ipam/{ipam,ipam_block,ipam_block_reader_writer}.go.
import { createHash } from "node:crypto";
import { Ipv4, type Prefix4, prefix4 } from "../../../wire/address.ts";
import { ApiError } from "../../api/status.ts";
import type { Client } from "../../controller/client.ts";
import type { BlockAffinity, IpamBlock, IpPool } from "./datastore.ts";

/** `10.244.0.64/26` in names of objects. */
const dashed = (cidr: string): string => cidr.replaceAll(/[./]/g, "-");

/** Where a node begins to look for a block: each elsewhere (Calico draws it with Go's random numbers, seeded by the name). */
const placeOf = (node: string): number => createHash("sha1").update(node).digest().readUInt32BE();

export class Ipam {
  private readonly client: Client;
  private readonly node: string;
  private readonly pool: Prefix4;
  private readonly blockSize: number;
  /** The node's blocks, in the order it took them. */
  private readonly blocks: string[] = [];
  private readonly handles = new Map<string, { readonly block: string; readonly ordinal: number }>();

  constructor(client: Client, node: string, { spec: { cidr, blockSize } }: IpPool) {
    this.client = client;
    this.node = node;
    this.pool = prefix4(cidr);
    this.blockSize = blockSize;
  }

  /** The address of this handle; a new one if it has none. Throws Error when the pool has none left. */
  assign(handle: string, secondary: Readonly<Record<string, string>>): Ipv4 {
    const known = this.handles.get(handle);
    if (known !== undefined) return addressAt(known.block, known.ordinal);
    for (const cidr of this.blocks) {
      const block = this.read(cidr);
      if (block !== undefined && block.spec.unallocated.length > 0) return this.take(block, handle, secondary);
    }
    return this.take(this.claim(), handle, secondary);
  }

  /** The address is the last that is given out again. */
  release(handle: string): void {
    const known = this.handles.get(handle);
    if (known === undefined) return;
    this.handles.delete(handle);
    const block = this.read(known.block);
    if (block === undefined) return;
    const { spec } = block;
    const gone = spec.allocations[known.ordinal]!;
    const renumber = (at: number | null) => (at !== null && at > gone ? at - 1 : at);
    const allocations = spec.allocations.map((at, i) => (i === known.ordinal ? null : renumber(at)));
    const attributes = spec.attributes.filter((_, i) => i !== gone);
    const unallocated = [...spec.unallocated, known.ordinal];
    this.client.update("ipamblocks", {
      ...block,
      spec: { ...spec, allocations, attributes, unallocated },
    } as IpamBlock);
  }

  private read(cidr: string): IpamBlock | undefined {
    return this.client.get("ipamblocks", null, dashed(cidr)) as IpamBlock | undefined;
  }

  private take(block: IpamBlock, handle: string, secondary: Readonly<Record<string, string>>): Ipv4 {
    const { spec } = block;
    const [ordinal, ...unallocated] = spec.unallocated;
    const allocations = spec.allocations.with(ordinal!, spec.attributes.length);
    const attributes = [...spec.attributes, { handle_id: handle, secondary }];
    this.client.update("ipamblocks", {
      ...block,
      spec: { ...spec, allocations, attributes, unallocated },
    } as IpamBlock);
    this.handles.set(handle, { block: spec.cidr, ordinal: ordinal! });
    return addressAt(spec.cidr, ordinal!);
  }

  /** Takes the next block that nobody has: first it says so, then it makes the block, then the claim is confirmed. */
  private claim(): IpamBlock {
    const { client, node, pool, blockSize } = this;
    const size = 2 ** (32 - blockSize);
    const count = 2 ** (blockSize - pool.length);
    const first = placeOf(node) % count;
    for (let i = 0; i < count; i++) {
      const cidr = `${Ipv4.of(pool.address.bits + ((first + i) % count) * size)}/${blockSize}`;
      if (this.read(cidr) !== undefined) continue;
      const name = `${node}-${dashed(cidr)}`;
      const spec = { cidr, node, type: "host", state: "pending", deleted: "false" } as const;
      const claim = client.create("blockaffinities", null, { metadata: { name }, spec }) as BlockAffinity;
      try {
        const block = client.create("ipamblocks", null, {
          metadata: { name: dashed(cidr) },
          spec: {
            cidr,
            affinity: `host:${node}`,
            strictAffinity: false,
            allocations: Array<null>(size).fill(null),
            unallocated: Array.from({ length: size }, (_, ordinal) => ordinal),
            attributes: [],
          },
        }) as IpamBlock;
        client.update("blockaffinities", { ...claim, spec: { ...spec, state: "confirmed" } } as BlockAffinity);
        this.blocks.push(cidr);
        return block;
      } catch (failure) {
        if (!(failure instanceof ApiError) || failure.reason !== "AlreadyExists") throw failure;
        client.delete("blockaffinities", claim);
      }
    }
    throw new Error(
      `failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No IPs available in pools: [${pool}]`,
    );
  }
}

function addressAt(block: string, ordinal: number): Ipv4 {
  return Ipv4.of(prefix4(block).address.bits + ordinal);
}
