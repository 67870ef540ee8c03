// UDP has no end that conntrack could see: a flow goes on to an endpoint that is gone until its entry is taken away.
// Before you edit: pkg/proxy/conntrack/cleanup.go (CleanStaleEntries).
import type { Netns } from "../../netns/netns.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import { hostPort } from "./address.ts";
import type { Tracker } from "./tracker.ts";

/** Takes away UDP connections to a Service that were given an endpoint which serves it no more. */
export function cleanStaleEntries(ns: Netns, tracker: Tracker): void {
  const byAddress = new Map<string, ReadonlySet<string>>();
  const byNodePort = new Map<number, ReadonlySet<string>>();
  for (const ports of tracker.services.values())
    for (const service of ports) {
      if (service.protocol !== "UDP") continue;
      const serving = tracker.endpointsOfPort(service).filter((each) => each.serving);
      // Without any there is a rule that refuses, and nothing to lead astray.
      if (serving.length === 0) continue;
      const texts = new Set(serving.map(({ text }) => text));
      for (const address of [service.clusterIP, ...service.loadBalancerIPs, ...service.externalIPs])
        byAddress.set(hostPort(address.text, service.port), texts);
      if (service.nodePort !== 0) byNodePort.set(service.nodePort, texts);
    }
  if (byAddress.size === 0) return;
  ns.tracking.conntrack.killWhere((conn) => {
    const { protocol, dst, to } = conn.original.tuple;
    if (protocol !== PROTOCOL.udp || dst.family !== tracker.family) return false;
    const reply = conn.reply.tuple;
    const answers = hostPort(reply.src.text, reply.from);
    const ofAddress = byAddress.get(hostPort(dst.text, to));
    if (ofAddress !== undefined && !ofAddress.has(answers)) return true;
    const ofNodePort = byNodePort.get(to);
    return ofNodePort !== undefined && !ofNodePort.has(answers);
  });
}
