// The sets that rules of the IPVS mode ask, so that there are as many rules however many Services there are.
// Before you edit: pkg/proxy/ipvs/ipset.go, pkg/proxy/ipvs/ipset/ipset.go (createSet, Entry.String).
import type { Family } from "../address.ts";

type SetType = "hash:ip" | "hash:ip,port" | "hash:ip,port,ip" | "hash:ip,port,net" | "bitmap:port";

/** Name behind `KUBE-`, type, and the comment that rules about it have. */
const SETS = {
  "LOOP-BACK": ["hash:ip,port,ip", "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"],
  "CLUSTER-IP": ["hash:ip,port", "Kubernetes service cluster ip + port for masquerade purpose"],
  "EXTERNAL-IP": ["hash:ip,port", "Kubernetes service external ip + port for masquerade and filter purpose"],
  "EXTERNAL-IP-LOCAL": ["hash:ip,port", "Kubernetes service external ip + port with externalTrafficPolicy=local"],
  "LOAD-BALANCER": ["hash:ip,port", "Kubernetes service lb portal"],
  "LOAD-BALANCER-FW": ["hash:ip,port", "Kubernetes service load balancer ip + port for load balancer with sourceRange"],
  "LOAD-BALANCER-LOCAL": [
    "hash:ip,port",
    "Kubernetes service load balancer ip + port with externalTrafficPolicy=local",
  ],
  "LOAD-BALANCER-SOURCE-IP": [
    "hash:ip,port,ip",
    "Kubernetes service load balancer ip + port + source IP for packet filter purpose",
  ],
  "LOAD-BALANCER-SOURCE-CIDR": [
    "hash:ip,port,net",
    "Kubernetes service load balancer ip + port + source cidr for packet filter purpose",
  ],
  "NODE-PORT-TCP": ["bitmap:port", "Kubernetes nodeport TCP port for masquerade purpose"],
  "NODE-PORT-LOCAL-TCP": ["bitmap:port", "Kubernetes nodeport TCP port with externalTrafficPolicy=local"],
  "NODE-PORT-UDP": ["bitmap:port", "Kubernetes nodeport UDP port for masquerade purpose"],
  "NODE-PORT-LOCAL-UDP": ["bitmap:port", "Kubernetes nodeport UDP port with externalTrafficPolicy=local"],
  "NODE-PORT-SCTP-HASH": [
    "hash:ip,port",
    "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  ],
  "NODE-PORT-LOCAL-SCTP-HASH": [
    "hash:ip,port",
    "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  ],
  "HEALTH-CHECK-NODE-PORT": ["bitmap:port", "Kubernetes health check node port"],
  "IPVS-IPS": ["hash:ip", "Addresses on the ipvs interface"],
} as const satisfies Record<string, readonly [SetType, string]>;

export type SetName = keyof typeof SETS;
export const SET_NAMES = Object.keys(SETS) as SetName[];

/** A set's longest name (IPSET_MAXNAMELEN, less one). */
const LONGEST = 31;

/** As the kernel knows it; those of IPv6 have names of their own. */
export function setName(name: SetName, family: Family): string {
  return `KUBE-${family === 6 ? "6-" : ""}${name}`.slice(0, LONGEST);
}

export const setComment = (name: SetName): string => SETS[name][1];

/** The line of `ipset restore` that makes it. */
export function createLine(name: SetName, family: Family): string {
  const [type] = SETS[name];
  const options =
    type === "bitmap:port" ? "range 0-65535" : `family inet${family === 6 ? "6" : ""} hashsize 1024 maxelem 65536`;
  return `create ${setName(name, family)} ${type} ${options} -exist`;
}
