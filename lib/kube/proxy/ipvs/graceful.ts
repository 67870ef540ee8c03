// A real server that is not wanted any more gets no new connections, and goes when it has none left.
// Before you edit: pkg/proxy/ipvs/graceful_termination.go.
import type { ServerSpec } from "../../../ipvs/destination.ts";
import type { ServiceKey } from "../../../ipvs/service.ts";
import type { Services } from "../../../ipvs/services.ts";
import { SECOND, type Timer } from "../../../trace/world.ts";
import { ip } from "../../../wire/address.ts";
import { PROTOCOL } from "../../../wire/packet.ts";

/** How often it is looked whether their connections are gone (rsCheckDeleteInterval). */
const INTERVAL = 60 * SECOND;

export function realServer(address: string, port: number): ServerSpec {
  return {
    ...{ address: ip(address), port, weight: 1, method: "masq", upper: 0, lower: 0 },
    ...{ tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false },
  };
}

interface Ending {
  readonly key: ServiceKey;
  readonly real: ServerSpec;
}

export class GracefulTermination {
  private readonly clock: { later(delay: number, action: () => void, background?: boolean): Timer };
  private readonly services: Services;
  private readonly ending = new Map<string, Ending>();

  constructor(clock: GracefulTermination["clock"], services: Services) {
    this.clock = clock;
    this.services = services;
  }

  /** Deletes it at once when that hurts nobody, or else later. */
  end(key: ServiceKey, real: ServerSpec): void {
    const name = nameOf(key, real);
    if (this.ending.has(name) || this.isDeleted({ key, real })) return;
    this.services.editServer(key, { ...real, weight: 0 });
    this.ending.set(name, { key, real });
    if (this.ending.size === 1) this.lookLater();
  }

  /** It is wanted again: it is taken away with what it was, to be added anew. False when it was not on its way out. */
  takeBack(key: ServiceKey, real: ServerSpec): boolean {
    if (!this.ending.delete(nameOf(key, real))) return false;
    this.services.deleteServer(key, real.address, real.port);
    return true;
  }

  /** Those of UDP and SCTP end with the next packet anyhow (expire_nodest_conn). */
  private isDeleted({ key, real }: Ending): boolean {
    const found = this.services.named(key)?.find(real.address, real.port) ?? null;
    if (found === null) return true;
    const isTcp = key.kind === "address" && key.protocol === PROTOCOL.tcp;
    if (isTcp && found.active + found.inactive > 0) return false;
    this.services.deleteServer(key, real.address, real.port);
    return true;
  }

  private lookLater(): void {
    const look = () => {
      for (const [name, each] of this.ending) if (this.isDeleted(each)) this.ending.delete(name);
      if (this.ending.size > 0) this.lookLater();
    };
    this.clock.later(INTERVAL, look, true);
  }
}

function nameOf(key: ServiceKey, { address, port }: ServerSpec): string {
  const service = key.kind === "address" ? `${key.protocol} ${key.address}:${key.port}` : `${key.mark}`;
  return `${service} ${address}:${port}`;
}
