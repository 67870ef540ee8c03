// Every command there is. A new one is a file beside this and a line here.
import { arp } from "./arp.ts";
import { arping } from "./arping.ts";
import { bridge } from "./bridge.ts";
import { busybox } from "./busybox/busybox.ts";
import type { Command } from "./command.ts";
import { conntrack } from "./conntrack.ts";
import { curl } from "./curl.ts";
import { dmesg } from "./dmesg.ts";
import { dig } from "./dns/dig.ts";
import { getent } from "./dns/getent.ts";
import { nslookup } from "./dns/nslookup.ts";
import { ethtool } from "./ethtool.ts";
import { ifconfig } from "./ifconfig.ts";
import { ip } from "./ip.ts";
import { ipset } from "./ipset.ts";
import { IPTABLES } from "./iptables/registry.ts";
import { ipvsadm } from "./ipvsadm.ts";
import { jobs, kill } from "./jobs.ts";
import { modprobe } from "./modprobe.ts";
import { nc } from "./nc.ts";
import { netstat } from "./netstat.ts";
import { nfacct } from "./nfacct.ts";
import { nft } from "./nft.ts";
import { nstat } from "./nstat.ts";
import { ping } from "./ping.ts";
import { python3 } from "./python3.ts";
import { readlink } from "./readlink.ts";
import { route } from "./route.ts";
import { ss } from "./ss.ts";
import { sysctl } from "./sysctl.ts";
import { tcpdump } from "./tcpdump.ts";
import { cat, echo, grep, head, no, sleep, tail, wc, yes } from "./text.ts";
import { timeout } from "./timeout.ts";
import { tracepath } from "./tracepath.ts";
import { traceroute, traceroute6 } from "./traceroute.ts";

export const COMMANDS: Readonly<Record<string, Command>> = {
  arp,
  arping,
  bridge,
  busybox,
  cat,
  conntrack,
  curl,
  dig,
  dmesg,
  echo,
  ethtool,
  false: no,
  getent,
  grep,
  head,
  ifconfig,
  ip,
  ipset,
  ...IPTABLES,
  ipvsadm,
  jobs,
  kill,
  modprobe,
  nc,
  netstat,
  nfacct,
  nft,
  nslookup,
  nstat,
  ping,
  python3,
  readlink,
  route,
  sleep,
  ss,
  sysctl,
  tail,
  tcpdump,
  timeout,
  tracepath,
  traceroute,
  traceroute6,
  true: yes,
  wc,
};
