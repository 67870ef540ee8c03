// A classic load balancer at layer 4: it ends the client's connection and makes one of its own to a target, which so sees
// the load balancer.
// Before you edit: docs.aws.amazon.com/elasticloadbalancing/latest/classic/introduction.html, kube/proxy/userspace/socket.ts.
import type { Process, Program } from "../../lab/process.ts";
import { connected, listen } from "../../lab/programs.ts";
import { TcpSocket } from "../../netns/tcp/tcp.ts";
import { LEVEL } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import { run } from "../cni/plugin.ts";
import { copyBoth } from "../proxy/userspace/socket.ts";
import type { Balancer, Front, InternetGateway } from "./exit.ts";
import type { BalancedPort, ServiceBalancer } from "./service-balancer.ts";
import { TargetGroup } from "./target-group.ts";

const PROGRAM = "elb";
/** How long a target is waited for. */
const PATIENCE = 5 * SECOND;

export class ClassicBalancer implements ServiceBalancer {
  readonly kind = "elb";
  readonly balancer: Balancer;
  readonly groups = new Map<string, TargetGroup>();
  private readonly gateway: InternetGateway;
  private readonly listeners = new Map<string, readonly Process[]>();

  constructor(gateway: InternetGateway, balancer: Balancer) {
    this.gateway = gateway;
    this.balancer = balancer;
    for (const { address } of balancer.fronts) run(gateway.lab, balancer.ns, `ip addr add ${address}/32 dev eth0`);
  }

  set(ports: readonly BalancedPort[]): void {
    const { lab } = this.gateway;
    const { ns, fronts } = this.balancer;
    // A classic load balancer carries no datagrams.
    const wanted = new Map(ports.flatMap((each) => (each.protocol === "tcp" ? [[`tcp ${each.port}`, each]] : [])));
    for (const [key, group] of this.groups) {
      if (wanted.has(key)) continue;
      group.stop();
      for (const each of this.listeners.get(key)!) each.kill(0);
      this.groups.delete(key);
      this.listeners.delete(key);
    }
    for (const [key, { port, targets, check, crossZone }] of wanted) {
      const known = this.groups.get(key);
      const group = known ?? new TargetGroup(lab, ns, check, crossZone);
      group.crossZone = crossZone;
      group.set(targets, check);
      if (known !== undefined) continue;
      this.groups.set(key, group);
      this.listeners.set(
        key,
        fronts.map((front) => this.start(this.accepting(front, port, group))),
      );
    }
  }

  stop(): void {
    for (const group of this.groups.values()) group.stop();
    for (const each of this.listeners.values()) for (const process of each) process.kill(0);
    this.gateway.detach(this.balancer);
  }

  private start(program: Program): Process {
    const { ns } = this.balancer;
    return this.gateway.lab.start(PROGRAM, { ns, out: () => {}, err: () => {} }, program);
  }

  private *accepting(front: Front, port: number, group: TargetGroup): Program {
    const listener = listen(this.balancer.ns, { port, address: `${front.address}`, program: PROGRAM });
    if (typeof listener === "string") throw new Error(`a load balancer cannot listen at ${front.address}: ${listener}`);
    let turn = 0;
    try {
      for (;;) {
        for (let client = listener.accept(); client !== null; client = listener.accept())
          this.start(this.relay(client, front, group, turn++));
        yield { on: [listener] };
      }
    } finally {
      listener.close();
    }
  }

  /** Each connection has the next target in turn; nobody answers, and the client's connection ends. */
  private *relay(client: TcpSocket, { address: own, zone }: Front, group: TargetGroup, turn: number): Program {
    const { ns } = this.balancer;
    const { from, because } = group.choices(zone);
    const target = from[turn % from.length];
    const { address, port } = client.remote!;
    const step = ns.step(LEVEL.path, client.openCause, null, "balance", undefined, () => ({
      because:
        target === undefined
          ? `nobody for the connection of ${address}:${port}: ${because}`
          : `round robin, turn ${turn + 1}: ${target.name} (${target.id}, zone ${target.zone}), ${because}; the target sees the load balancer, not ${address}:${port}`,
    }));
    const server = new TcpSocket(ns, PROGRAM, 4);
    server.bind(own, 0);
    const failed =
      target === undefined
        ? "ECONNREFUSED"
        : yield* connected(server, target.address, target.port, ns.cables.now + PATIENCE, step);
    if (failed === null) return yield* copyBoth(client, server);
    server.close();
    client.abort(step);
    return 1;
  }
}
