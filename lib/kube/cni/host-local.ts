// The IPAM plugin host-local: the addresses of a node's range one after the other; one that was given back comes last.
// Before you edit: github.com/containernetworking/plugins plugins/ipam/host-local/backend/allocator/allocator.go.
import { Ipv4, prefix4 } from "../../wire/address.ts";

export class HostLocal {
  readonly gateway: Ipv4;
  readonly length: number;
  private readonly first: number;
  private readonly last: number;
  private readonly used = new Map<string, number>();
  private readonly taken = new Set<number>();
  private reserved: number;

  /** Of a network as `10.244.1.0/24`; its first address is the gateway's, its last one is for broadcasts. */
  constructor(range: string) {
    const { address, length } = prefix4(range);
    this.length = length;
    this.gateway = Ipv4.of(address.bits + 1);
    this.first = address.bits + 2;
    this.last = address.bits + 2 ** (32 - length) - 2;
    this.reserved = this.first - 1;
  }

  /** The address of this container; a new one if it has none. Throws Error when all are taken. */
  allocate(id: string): Ipv4 {
    const known = this.used.get(id);
    if (known !== undefined) return Ipv4.of(known);
    const count = this.last - this.first + 1;
    for (let i = 1; i <= count; i++) {
      const bits = this.first + ((this.reserved - this.first + i) % count);
      if (this.taken.has(bits)) continue;
      this.taken.add(bits);
      this.used.set(id, bits);
      this.reserved = bits;
      return Ipv4.of(bits);
    }
    const range = `${Ipv4.of(this.first - 1)}-${Ipv4.of(this.last)}`;
    throw new Error(`no IP addresses available in range set: ${range}`);
  }

  release(id: string): void {
    const bits = this.used.get(id);
    if (bits === undefined) return;
    this.used.delete(id);
    this.taken.delete(bits);
  }
}
