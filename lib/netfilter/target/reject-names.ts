// The answers of REJECT, as iptables and ip6tables call them.
// Before you edit: extensions/libipt_REJECT.c, libip6t_REJECT.c, include/uapi/linux/netfilter_ipv4/ipt_REJECT.h.
import type { Family } from "../extension.ts";

/** An ICMP code of "destination unreachable", or a TCP reset. */
export interface RejectWith {
  readonly name: string;
  readonly alias: string;
  readonly code: number | "reset";
}

/** In the order of the tool's table: a name may be cut short, and the first that fits is taken. */
export const REJECT_WITH: Readonly<Record<Family, readonly RejectWith[]>> = {
  4: [
    { name: "icmp-net-unreachable", alias: "net-unreach", code: 0 },
    { name: "icmp-host-unreachable", alias: "host-unreach", code: 1 },
    { name: "icmp-proto-unreachable", alias: "proto-unreach", code: 2 },
    { name: "icmp-port-unreachable", alias: "port-unreach", code: 3 },
    { name: "icmp-net-prohibited", alias: "net-prohib", code: 9 },
    { name: "icmp-host-prohibited", alias: "host-prohib", code: 10 },
    { name: "tcp-reset", alias: "tcp-rst", code: "reset" },
    { name: "icmp-admin-prohibited", alias: "admin-prohib", code: 13 },
  ],
  6: [
    { name: "icmp6-no-route", alias: "no-route", code: 0 },
    { name: "icmp6-adm-prohibited", alias: "adm-prohibited", code: 1 },
    { name: "icmp6-addr-unreachable", alias: "addr-unreach", code: 3 },
    { name: "icmp6-port-unreachable", alias: "port-unreach", code: 4 },
    { name: "tcp-reset", alias: "tcp-reset", code: "reset" },
    { name: "icmp6-policy-fail", alias: "policy-fail", code: 5 },
    { name: "icmp6-reject-route", alias: "reject-route", code: 6 },
  ],
};
