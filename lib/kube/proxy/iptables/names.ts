// The names of a Service's chains: short enough for the kernel, the same whenever they are made.
// Before you edit: pkg/proxy/iptables/proxier.go (portProtoHash, servicePortEndpointChainName).
import { createHash } from "node:crypto";
import type { Endpoint } from "../endpoints.ts";
import type { ServicePort } from "../service-port.ts";

/** Chains that belong to one port of a Service. */
export interface PortChains {
  /** To all endpoints, and to those of this node. */
  readonly cluster: string;
  readonly local: string;
  /** Where traffic from outside comes in, past the firewall of a load balancer if there is one. */
  readonly external: string;
  readonly firewall: string;
}

export const SERVICE_CHAIN = /^KUBE-(SVC|SVL|SEP|FW|EXT|XLB)-/;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LENGTH = 16;

export function portChains({ name, protocol }: ServicePort): PortChains {
  const hash = hashOf(name + protocol.toLowerCase());
  return {
    cluster: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    external: `KUBE-EXT-${hash}`,
    firewall: `KUBE-FW-${hash}`,
  };
}

export function endpointChain({ name, protocol }: ServicePort, { text }: Endpoint): string {
  return `KUBE-SEP-${hashOf(name + protocol.toLowerCase() + text)}`;
}

/** The first letters of the base32 of the SHA-256. */
export function hashOf(text: string, length = LENGTH): string {
  const digest = createHash("sha256").update(text).digest();
  let letters = "";
  for (let bit = 0; letters.length < length; bit += 5)
    letters += LETTERS[(digest.readUInt16BE(bit >> 3) >> (11 - (bit & 7))) & 31];
  return letters;
}
