// What the runtime asks of a network plugin, and what the plugin's own daemon does on a node. One file a plugin.
// Before you edit: github.com/containernetworking/cni SPEC.md (ADD, DEL), libcni/api.go.
import type { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine.ts";
import type { Netns } from "../../netns/netns.ts";
import { COMMANDS } from "../../tools/registry.ts";
import { drawHex } from "../api/names.ts";
import type { Resource } from "../api/resource.ts";
import type { Client } from "../controller/client.ts";
import type { Underlay } from "../underlay.ts";

/** The node a plugin works on. */
export interface CniNode {
  readonly lab: Lab;
  readonly machine: Machine;
  /** The node's own address, and the device that has it. */
  readonly address: string;
  readonly device: string;
  /** All pods of the cluster, as `10.244.0.0/16`. */
  readonly clusterCidr: string;
  /** The network the node is in. */
  readonly underlay: Underlay;
  /** The API server, in the daemon's name. */
  readonly client: Client;
}

/** A pod as the plugin is told of it (CNI_CONTAINERID, CNI_NETNS, CNI_ARGS). */
export interface Sandbox {
  readonly id: string;
  readonly ns: Netns;
  readonly namespace: string;
  readonly name: string;
}

/** The result of an ADD. */
export interface Attachment {
  readonly address: string;
}

/** A plugin at work on a node. */
export interface NodePlugin {
  /** Whether there is a configuration in /etc/cni/net.d; without one the node is not Ready. */
  readonly isReady: boolean;
  /** Wires the pod. Throws Error with the plugin's words; nothing is left behind then. */
  add(sandbox: Sandbox): Attachment;
  /** Takes away what ADD made. It may be asked twice, and of what was never added. */
  del(sandbox: Sandbox): void;
  /** The daemon ends; what it wired stays, as on a real node. */
  stop(): void;
}

export interface CniPlugin {
  readonly name: string;
  /** Its configuration as the runtime quotes it when something failed: `type="flannel"` (libcni pluginDescription). */
  readonly conf: string;
  /** Resources of its own, which it keeps in the API server. */
  readonly resources?: readonly Resource[];
  /** The network of the machines it needs, if any will not do: a cloud's. */
  readonly underlay?: (lab: Lab) => Underlay;
  /** A program carries packets between nodes, so no script can build what the plugin makes. */
  readonly isProgram?: true;
  /** Its daemon starts on the node; `ready` is called once pods can be added. */
  start(node: CniNode, ready: () => void): NodePlugin;
}

/** The host's end of a pod's cable: `veth` and eight digits, as pkg/ip/link_linux.go draws them. */
export function drawVeth(lab: Lab): string {
  return `veth${drawHex(() => lab.random(), 1)}`;
}

/** What a plugin's program does with the system, in the words one would type. Throws Error with what the tool says. */
export function run(lab: Lab, ns: Netns, line: string, stdin = ""): void {
  const [name = "", ...args] = line.split(" ");
  let said = "";
  const call = { lab, ns, container: null, args, stdin, out: () => {}, err: (text: string) => (said += text) };
  const status = COMMANDS[name]!({ ...call, run: () => notHere(line) });
  if (status !== 0) throw new Error(`${line}: ${said.trim()}`);
}

function notHere(line: string): never {
  throw new Error(`${line}: a plugin runs no programs that wait`);
}
