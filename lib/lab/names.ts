// Names that a lab takes: of nodes, pods and namespaces, and of new devices.
// Before you edit: net/core/dev.c (dev_valid_name, __dev_alloc_name).
import { validDeviceName } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import { BadInput } from "../wire/input.ts";

/** Throws BadInput for a name no device may have, or one of the namespace has. */
export function freeDeviceName(ns: Netns, name: string): void {
  validDeviceName(name);
  if (ns.devices.has(name))
    throw new BadInput(
      `a device name that ${ns.name} has already`,
      name,
      `Its devices are ${[...ns.devices.keys()].join(", ")}.`,
    );
}

/** Throws BadInput for what cannot name a node, pod or namespace. */
export function validNodeName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
    throw new BadInput(
      "not a name for a node, pod or namespace",
      name,
      "Use letters, digits, dots and dashes, at most 63.",
    );
}
