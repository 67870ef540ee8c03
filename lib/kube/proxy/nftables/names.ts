// The names of a Service's chains and sets: readable, with a hash before them that tells them apart even where they are cut.
// Before you edit: pkg/proxy/nftables/proxier.go (hashAndTruncate, servicePortChainNameBase).
import type { Endpoint } from "../endpoints.ts";
import { hashOf } from "../iptables/names.ts";
import type { ServicePort } from "../service-port.ts";

const HASH = 8;
/** What the kernel bears, without the longest word before it. */
const LONGEST = 256 - 16;

export interface PortChains {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

export function portChains(service: ServicePort): PortChains {
  const name = hashed(portPath(service));
  return {
    cluster: `service-${name}`,
    local: `local-${name}`,
    external: `external-${name}`,
    firewall: `firewall-${name}`,
  };
}

/** The chain of an endpoint, and the set of the clients that keep it. */
export function endpointNames(
  service: ServicePort,
  { ip, port }: Endpoint,
): { readonly chain: string; readonly affinity: string } {
  const name = hashed(`${portPath(service)}__${ip.replaceAll(":", ".")}/${port}`);
  return { chain: `endpoint-${name}`, affinity: `affinity-${name}` };
}

function portPath({ service, name, protocol }: ServicePort): string {
  return `${service}/${protocol.toLowerCase()}/${name.slice(service.length + 1)}`;
}

function hashed(path: string): string {
  const name = `${hashOf(path, HASH)}-${path}`;
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 3)}...` : name;
}
