// The lines of a lab's script that make tunnels.
// Before you edit: ip-link(8) (VXLAN Type Support, IPIP Type Support), bridge(8) (bridge fdb append).
import type { Device } from "../link/device.ts";
import { ipipOverhead } from "../link/ipip.ts";
import { VXLAN_DEFAULTS, vxlanMtu } from "../link/vxlan.ts";
import type { Netns } from "../netns/netns.ts";
import { fouPorts, fouText } from "../netns/tunnel/fou.ts";
import { ZERO_MAC } from "../wire/mac.ts";
import { ipIn, quoted } from "./script-words.ts";

/** Ports of foo over UDP. */
export function fouLines(ns: Netns): string[] {
  return fouPorts(ns)
    .reverse()
    .map((each) => `${ipIn(ns.name)} fou add ${fouText(each)}`);
}

/** The line that makes a tunnel, and, if it lives elsewhere than it sends, the one that moves it. */
export function tunnelLines(device: Device): string[] {
  const { vxlan, ipip, tun } = device;
  if (tun !== null) return tunLines(device);
  const state = vxlan ?? ipip;
  // What the module makes is there already.
  if (state === null || ipip?.fallback) return [];
  const under = ipIn(state.underlay.name);
  const own = [`${under} link add name ${quoted(device.name)} index ${device.index}`];
  if (vxlan !== null) own.push(`address ${device.mac}`);
  own.push("type", device.kind, ...(vxlan === null ? ipipWords(device) : vxlanWords(device)));
  const lines = [own.join(" ")];
  if (state.underlay !== device.owner)
    lines.push(`${under} link set dev ${quoted(device.name)} netns "$PREFIX"${device.owner.name}`);
  return lines;
}

/** It takes the next number, for it cannot be told one; in the order of making that is its own. */
function tunLines(device: Device): string[] {
  const { reader, lost } = device.tun!;
  const program = reader?.program ?? lost;
  const says =
    program === null
      ? []
      : [`# ${device} is read by the program ${program}, which no script can make: start one like it`];
  return [...says, `${ipIn(device.owner.name)} tuntap add dev ${quoted(device.name)} mode tun`];
}

function vxlanWords({ vxlan }: Device): string[] {
  const { vni, local, remote, lower, port, sourcePorts, learning, ttl, tos, df, ageing, udpChecksum } = vxlan!;
  const words = ["id", `${vni}`, "dstport", `${port}`];
  if (local !== null) words.push("local", local.text);
  if (remote !== null) words.push("remote", remote.text);
  if (lower !== null) words.push("dev", quoted(lower.name));
  if (sourcePorts.low !== 0 || sourcePorts.high !== 0) words.push("srcport", `${sourcePorts.low} ${sourcePorts.high}`);
  if (!learning) words.push("nolearning");
  if (ttl !== 0) words.push("ttl", `${ttl}`);
  if (tos !== 0) words.push("tos", tos === "inherit" ? tos : `0x${tos.toString(16)}`);
  if (df !== "unset") words.push("df", df);
  if (ageing !== VXLAN_DEFAULTS.ageing) words.push("ageing", `${ageing}`);
  if (!udpChecksum) words.push("noudpcsum");
  return words;
}

function ipipWords({ ipip }: Device): string[] {
  const { local, remote, lower, ttl, tos, pmtudisc, proto, encap } = ipip!;
  const words: string[] = proto === "ipip" ? ["mode", "ipip"] : [];
  if (local !== null) words.push("local", local.text);
  if (remote !== null) words.push("remote", remote.text);
  if (lower !== null) words.push("dev", quoted(lower.name));
  if (ttl !== 0) words.push("ttl", `${ttl}`);
  if (tos !== 0) words.push("tos", tos === "inherit" ? tos : `0x${tos.toString(16)}`);
  if (!pmtudisc) words.push("nopmtudisc");
  if (encap !== null) {
    const { type, sourcePort, port, checksum } = encap;
    words.push("encap", type, "encap-sport", sourcePort === 0 ? "auto" : `${sourcePort}`, "encap-dport", `${port}`);
    if (checksum) words.push("encap-csum");
  }
  return words;
}

/** What a device's MTU is when nobody said anything, in the script's own order of making. */
export function usualMtu({ kind, ipip }: Device): number {
  if (kind === "loopback") return 65536;
  return ipip === null ? 1500 : 1500 - ipipOverhead(ipip.encap);
}

/** A VXLAN device whose lower device was made narrower afterwards has an MTU that it would not get now. */
export function vxlanMtuLines(device: Device): string[] {
  const { vxlan, mtu, owner, name } = device;
  const { lower } = vxlan!;
  if (mtu === (lower === null ? 1500 : 1450)) return [];
  const set = `${ipIn(owner.name)} link set dev ${quoted(name)} mtu ${mtu}`;
  if (lower === null || mtu <= vxlanMtu(lower)) return [set];
  const below = `${ipIn(lower.owner.name)} link set dev ${quoted(lower.name)} mtu`;
  return [`${below} ${mtu + 50}`, set, `${below} ${lower.mtu}`];
}

/** What a VXLAN device's table was told; what it learned, it learns again. */
export function entryLines(device: Device): string[] {
  const { vxlan } = device;
  if (vxlan === null) return [];
  return [...vxlan.fdb.values()].flatMap(({ mac, state, remotes }) =>
    remotes
      .filter(({ address }) => state !== "reachable" && !(mac === ZERO_MAC && address === vxlan.remote))
      .map(({ address, port, vni, via }) => {
        const words = [`bridge -n "$PREFIX"${device.owner.name} fdb append ${mac} dev ${quoted(device.name)}`];
        words.push(`dst ${address}`);
        if (port !== null) words.push(`port ${port}`);
        if (vni !== null) words.push(`vni ${vni}`);
        if (via !== null) words.push(`via ${quoted(via.name)}`);
        return `${words.join(" ")} self ${state}`;
      }),
  );
}
