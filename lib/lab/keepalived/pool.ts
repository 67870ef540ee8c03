// A virtual server and its real ones: which of them IPVS shall have, by what their checks say.
// Before you edit: keepalived's ipwrapper.c (init_service_vs, perform_svr_state, update_quorum_state, clear_service_vs),
// ipvswrapper.c (ipvs_cmd).
import { EVERY_CLIENT, type ServiceKey } from "../../ipvs/service.ts";
import type { Services } from "../../ipvs/services.ts";
import { type Balancing, balancingOf } from "../../netns/ipvs/balancing.ts";
import type { Netns } from "../../netns/netns.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import type { ServerConfig, VirtualServerConfig } from "./config.ts";

/** A real server: what is known of it, and what IPVS was told. */
export interface RealServer {
  readonly config: ServerConfig;
  /** As the log names it: `[192.168.10.11]:tcp:80`. */
  readonly name: string;
  isAlive: boolean;
  /** IPVS has it. */
  isSet: boolean;
  failedChecks: number;
}

export class Pool {
  readonly config: VirtualServerConfig;
  readonly name: string;
  readonly servers: readonly RealServer[];
  private readonly sorry: RealServer | null;
  private readonly balancing: Balancing;
  private readonly key: ServiceKey;
  private readonly log: (text: string) => void;
  private hasQuorum = false;

  constructor(ns: Netns, config: VirtualServerConfig, log: (text: string) => void) {
    this.config = config;
    this.name = nameOf(config);
    this.servers = config.servers.map((server) => realServer(server, config.alpha ? server.checks.length : 0));
    this.sorry = config.sorry === null ? null : realServer(config.sorry, 0);
    this.balancing = balancingOf(ns);
    this.key = { kind: "address", protocol: PROTOCOL.tcp, address: config.address, port: config.port };
    this.log = log;
  }

  /** The service, and the servers that nothing is said against: all of them, or with `alpha` none that has a check. */
  begin(): void {
    const { scheduler, persistence } = this.config;
    const spec = { scheduler, persistent: persistence, netmask: EVERY_CLIENT[4], onePacket: false, flags: 0 };
    this.tell((services) => services.add(this.key, spec));
    for (const server of this.servers) {
      if (server.failedChecks > 0 && !server.config.inhibit) continue;
      this.add(server);
      server.isAlive = server.failedChecks === 0;
    }
    this.judge(true);
  }

  /** What a check found: the server goes with the first that fails, and comes back with the last that succeeds. */
  found(server: RealServer, isUp: boolean): void {
    if (isUp ? server.failedChecks <= 1 : server.failedChecks === 0) this.change(server, isUp);
    server.failedChecks = Math.max(0, server.failedChecks + (isUp ? -1 : 1));
  }

  private change(server: RealServer, isUp: boolean): void {
    if (server.isAlive === isUp) return;
    const { inhibit } = server.config;
    const verb = inhibit ? (isUp ? "Enabling" : "Disabling") : isUp ? "Adding" : "Removing";
    this.log(`${verb} service ${server.name} ${inhibit ? "of" : isUp ? "to" : "from"} VS ${this.name}`);
    if (this.hasQuorum || this.sorry?.isAlive !== true) {
      if (isUp) this.add(server);
      else this.remove(server);
    }
    server.isAlive = isUp;
    this.judge(false);
  }

  /** Whether those that live are enough together; if not, the sorry server answers. */
  private judge(isBegin: boolean): void {
    const { quorum, hysteresis } = this.config;
    let sum = 0;
    for (const { isAlive, config } of this.servers) if (isAlive) sum += config.weight;
    const threshold = quorum + (this.hasQuorum ? -hysteresis : hysteresis);
    const { sorry } = this;
    if (!this.hasQuorum && sum >= threshold) {
      this.hasQuorum = true;
      this.log(`Gained quorum ${quorum}+${hysteresis}=${threshold} <= ${sum} for VS ${this.name}`);
      if (sorry?.isAlive !== true) return;
      this.log(`Removing sorry server ${sorry.name} from VS ${this.name}`);
      this.remove(sorry);
      sorry.isAlive = false;
      this.log(`Adding alive servers to the pool for VS ${this.name}`);
      for (const server of this.servers) if (server.isAlive) this.add(server);
    } else if ((this.hasQuorum && (sum === 0 || sum < threshold)) || (isBegin && !this.hasQuorum && sorry !== null)) {
      this.hasQuorum = false;
      const what = isBegin ? "Starting with quorum down" : "Lost quorum";
      this.log(`${what} ${quorum}-${hysteresis}=${threshold} > ${sum} for VS ${this.name}`);
      if (sorry === null || sorry.isAlive) return;
      this.log(`Adding sorry server ${sorry.name} to VS ${this.name}`);
      this.log(`Removing alive servers from the pool for VS ${this.name}`);
      for (const server of this.servers) if (server.isAlive) this.remove(server);
      this.add(sorry);
      sorry.isAlive = true;
    }
  }

  /** The service goes, with all that is in it. */
  end(): void {
    for (const { config, isAlive, name } of this.servers)
      this.log(`Shutting down ${config.inhibit && !isAlive ? "(inhibited) " : ""}service ${name} from VS ${this.name}`);
    this.tell((services) => services.delete(this.key));
  }

  private add(server: RealServer): void {
    const { isSet, failedChecks, config } = server;
    if (isSet && config.inhibit) return this.weigh(server, config.weight);
    server.isSet = true;
    this.tell((services) =>
      services.addServer(this.key, this.spec(server, config.inhibit && failedChecks > 0 ? 0 : config.weight)),
    );
  }

  private remove(server: RealServer): void {
    const { address } = server.config;
    if (server.config.inhibit) return this.weigh(server, 0);
    server.isSet = false;
    this.tell((services) => services.deleteServer(this.key, address, server.config.port));
  }

  private weigh(server: RealServer, weight: number): void {
    this.tell((services) => services.editServer(this.key, this.spec(server, weight)));
  }

  private spec({ config: { address, port } }: RealServer, weight: number) {
    const tunnel = { tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false } as const;
    return { address, port, weight, method: this.config.method, upper: 0, lower: 0, ...tunnel };
  }

  /** What IPVS refuses is left as it is. */
  private tell(change: (services: Services) => void): void {
    change(this.balancing.ipvs.services);
    this.balancing.settle();
  }
}

function realServer(config: ServerConfig, failedChecks: number): RealServer {
  return { config, name: nameOf(config), isAlive: false, isSet: false, failedChecks };
}

function nameOf({ address, port }: Pick<ServerConfig, "address" | "port">): string {
  return `[${address}]:tcp:${port}`;
}
