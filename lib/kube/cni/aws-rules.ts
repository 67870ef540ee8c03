// The rules of iptables that Amazon's plugin writes on a node: who leaves the VPC does so in the name of eth0, and answers
// to what came in by eth0 go out by eth0, whichever interface their pod belongs to.
// Before you edit: github.com/aws/amazon-vpc-cni-k8s pkg/networkutils/network.go (updateHostIptablesRules,
// buildIptablesSNATRules, buildIptablesConnmarkRules), facts 2.6.
import { VPC } from "./aws-vpc.ts";

/** The bit of a packet, and of its connection, that is to go by eth0. */
export const MARK = "0x80/0x80";

const quoted = (comment: string): string => `-m comment --comment "${comment}"`;

/** For iptables-restore; the primary address is that of eth0. With `externalSnat` somebody else translates. */
export function awsTables(primary: string, prefix: string, externalSnat: boolean): string {
  const ours = quoted("AWS, primary ENI");
  const restore = "-j CONNMARK --restore-mark --mask 0x80";
  const mangle = `*mangle
-A PREROUTING -i eth0 ${ours} -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-mark ${MARK}
-A PREROUTING -i ${prefix}+ ${ours} ${restore}
-A PREROUTING -i vlan+ ${ours} ${restore}
COMMIT
`;
  if (externalSnat) return mangle;
  const snat = "AWS-SNAT-CHAIN-0";
  const connmark = "AWS-CONNMARK-CHAIN-0";
  return `${mangle}*nat
:${connmark} - [0:0]
:${snat} - [0:0]
-A PREROUTING -i ${prefix}+ ${quoted("AWS, outbound connections")} -j ${connmark}
-A PREROUTING ${quoted("AWS, CONNMARK")} ${restore}
-A POSTROUTING ${quoted("AWS SNAT CHAIN")} -j ${snat}
-A ${connmark} -d ${VPC} ${quoted("AWS CONNMARK CHAIN")} -j RETURN
-A ${connmark} ${quoted("AWS, CONNMARK")} -j CONNMARK --set-mark ${MARK}
-A ${snat} -d ${VPC} ${quoted("AWS SNAT CHAIN")} -j RETURN
-A ${snat} ! -o vlan+ ${quoted("AWS, SNAT")} -m addrtype ! --dst-type LOCAL -j SNAT --to-source ${primary} --random-fully
COMMIT
`;
}

/** As it was in 2017: no marks, one rule. */
export function awsTablesOf2017(primary: string): string {
  return `*nat
-A POSTROUTING ! -d ${VPC} ${quoted("AWS, SNAT")} -m addrtype ! --dst-type LOCAL -j SNAT --to-source ${primary}
COMMIT
`;
}
