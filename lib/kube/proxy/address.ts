// Addresses and networks as kube-proxy reads them from objects: octets with leading zeros are decimal, blanks around a
// range go, and what comes out is written in one way.
// Before you edit: k8s.io/utils/net (ParseIPSloppy, ParseCIDRSloppy), pkg/proxy/util/utils.go (MapIPsByIPFamily,
// MapCIDRsByIPFamily, IsZeroCIDR).
import { type Ip, ip, type Prefix, prefix, unmapped } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";

export type Family = 4 | 6;

/** The address, or null when the text is none. */
export function addressOf(text: string): Ip | null {
  return unlessBad(() => unmapped(ip(plain(text))));
}

/** The network, its host bits zero, or null when the text is none. */
export function networkOf(text: string): Prefix | null {
  const [address = "", length] = text.trim().split("/");
  return length === undefined ? null : unlessBad(() => prefix(`${plain(address)}/${length}`));
}

/** Those of `texts` that are addresses of the family. */
export function addressesOf(texts: readonly string[], family: Family): Ip[] {
  return texts.map(addressOf).filter((each) => each?.family === family) as Ip[];
}

/** Those of `texts` that are networks of the family. */
export function networksOf(texts: readonly string[], family: Family): Prefix[] {
  return texts.map(networkOf).filter((each) => each?.family === family) as Prefix[];
}

export function holds(network: Prefix, address: Ip): boolean {
  return network.family === address.family && network.contains(address as never);
}

/** `10.0.0.1:80`, `[fd00::1]:80` (net.JoinHostPort). */
export function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function plain(text: string): string {
  return text.includes(":") ? text : text.replace(/(^|\.)0+(?=\d)/g, "$1");
}

function unlessBad<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}
