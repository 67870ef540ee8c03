// `ip link add ... type dummy|vxlan|ipip|vlan`.
// Before you edit: net/core/rtnetlink.c (rtnl_newlink_create: the tunnel's packets go through the namespace that asked).
import type { Device } from "../../link/device.ts";
import type { Netns } from "../../netns/netns.ts";
import { endsInUse, type NewDevice, vniInUse } from "../../netns/tunnel/device.ts";
import type { Mac } from "../../wire/mac.ts";
import type { Context } from "./context.ts";
import { readIpip, readVlan, readVxlan } from "./link-tunnel-words.ts";
import type { LinkRequest } from "./link-words.ts";
import { answers, refused, type Words } from "./words.ts";

export type MadeKind = "dummy" | "vxlan" | "ipip" | "vlan";

/** Makes the device; `check` refuses a request before anything is made, `name` finds a free one. */
export function addKind(
  context: Context,
  words: Words,
  kind: MadeKind,
  request: LinkRequest,
  helpers: {
    readonly check: (ns: Netns, request: LinkRequest, kind: MadeKind) => void;
    readonly name: (ns: Netns, stem: string) => string;
    readonly mac: (request: LinkRequest) => Mac | undefined;
  },
): Device {
  const { lab } = context.call;
  const under = context.ns;
  const ns = request.netns ?? under;
  const { mtu, index } = request;
  const made = (): NewDevice => ({ ns, name: request.name ?? helpers.name(ns, kind), index, mtu });
  if (kind === "dummy") {
    // A dummy takes no words, and iproute2 does not look whether there are any.
    words.rest();
    helpers.check(ns, request, kind);
    return lab.addDummy(made(), helpers.mac(request));
  }
  if (kind === "vxlan") {
    const { settings, lower } = readVxlan(context, words);
    helpers.check(ns, request, kind);
    if (vniInUse(under, settings))
      throw refused({ errno: "EEXIST", message: "A VXLAN device with the specified VNI already exists" });
    return lab.addVxlan(made(), settings, lower, under, helpers.mac(request));
  }
  if (kind === "vlan") {
    const id = readVlan(words);
    helpers.check(ns, request, kind);
    const { link } = request;
    if (id === null) throw refused({ errno: "EINVAL", message: "8021q: VLAN properties not specified" });
    if (link === undefined) throw refused({ errno: "EINVAL", message: "8021q: link not specified" });
    if (link.kind === "loopback" || link.isBare)
      throw refused({ errno: "EOPNOTSUPP", message: "8021q: VLANs not supported on device" });
    if (link.vlans?.has(id)) throw refused({ errno: "EEXIST", message: "8021q: VLAN device already exists" });
    return lab.addVlan(made(), link, id, helpers.mac(request));
  }
  const { settings, lower } = readIpip(context, words);
  // The module comes with the first tunnel, and takes a number for its tunl0.
  lab.machines.get(under.node)!.load("ipip");
  helpers.check(ns, request, kind);
  // Only the module fou knows how such a tunnel sends (ip_tunnel_encap_setup).
  if (settings.encap !== null && !lab.machines.get(under.node)!.modules.has("fou")) throw answers("EINVAL");
  if (endsInUse(under, settings, lower)) throw answers("EEXIST");
  return lab.addIpip(made(), settings, lower, under);
}
