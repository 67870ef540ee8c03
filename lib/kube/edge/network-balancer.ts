// A network load balancer: packets for its addresses are handed to a program that passes them on.
// Before you edit: flows.ts, lab/tun-programs.ts.
import type { Process } from "../../lab/process.ts";
import { tunProgram } from "../../lab/tun-programs.ts";
import { run } from "../cni/plugin.ts";
import type { Balancer, InternetGateway } from "./exit.ts";
import { Flows } from "./flows.ts";
import type { BalancedPort, ServiceBalancer } from "./service-balancer.ts";
import { TargetGroup } from "./target-group.ts";

const DEVICE = "nlb0";
/** The table by which everything that comes in is handed to the program. */
const TABLE = 100;

export class NetworkBalancer implements ServiceBalancer {
  readonly kind = "nlb";
  readonly balancer: Balancer;
  readonly groups = new Map<string, TargetGroup>();
  private readonly gateway: InternetGateway;
  private readonly flows: Flows;
  private readonly process: Process;

  constructor(gateway: InternetGateway, balancer: Balancer) {
    const { lab } = gateway;
    const { ns } = balancer;
    this.gateway = gateway;
    this.balancer = balancer;
    this.flows = new Flows(balancer, lab);
    const says = { ns, out: () => {}, err: () => {} };
    this.process = lab.start("nlb", says, tunProgram(ns, DEVICE, "nlb", this.flows.pass));
    run(lab, ns, `ip link set ${DEVICE} up`);
    run(lab, ns, `ip route add default dev ${DEVICE} table ${TABLE}`);
    run(lab, ns, `ip rule add iif eth0 lookup ${TABLE}`);
  }

  set(ports: readonly BalancedPort[]): void {
    const { lab } = this.gateway;
    const wanted = new Map(ports.map((each) => [`${each.protocol} ${each.port}`, each]));
    for (const [key, group] of this.groups) {
      if (wanted.has(key)) continue;
      group.stop();
      this.groups.delete(key);
      this.flows.listeners.delete(key);
    }
    for (const [key, { protocol, port, targets, check, crossZone, preservesClient }] of wanted) {
      const group = this.groups.get(key) ?? new TargetGroup(lab, this.balancer.ns, check, crossZone);
      group.crossZone = crossZone;
      group.set(targets, check);
      this.groups.set(key, group);
      this.flows.listeners.set(key, { protocol, port, group, preservesClient });
    }
  }

  stop(): void {
    for (const group of this.groups.values()) group.stop();
    this.process.kill(0);
    this.gateway.detach(this.balancer);
  }
}
