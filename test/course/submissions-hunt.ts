// What students hand in for homework 5: right ones, unusual ones, and wrong ones with what they must lose and why.
import * as path from "node:path";
import type { HuntName } from "../../lib/course/hunt/hunt.ts";
import { ROOT } from "../jupyter/python.ts";
import type { Tested } from "./graded.ts";
import type { Cells } from "./submissions.ts";

/** What mends each fault, with one change. */
export const MENDS: Readonly<Record<HuntName, Readonly<Record<string, readonly [where: string, command: string]>>>> = {
  cluster: {
    "target port": [
      "control-plane",
      `kubectl patch service web -p '{"spec":{"ports":[{"port":80,"targetPort":8080}]}}'`,
    ],
    selector: ["control-plane", `kubectl patch service web -p '{"spec":{"selector":{"app":"web"}}}'`],
    "traffic policy": ["control-plane", `kubectl patch service web -p '{"spec":{"externalTrafficPolicy":"Cluster"}}'`],
    DNS: ["control-plane", "kubectl scale deployment coredns -n kube-system --replicas=1"],
    route: ["node-1", "ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink"],
    ip_forward: ["node-2", "sysctl -w net.ipv4.ip_forward=1"],
    "device down": ["node-2", "ip link set cni0 up"],
    "drop rule": ["node-2", "iptables -D FORWARD 1"],
    "forwarding entry": ["node-1", "bridge fdb replace MAC dev flannel.1 dst 192.168.0.12"],
  },
  lvs: {
    "server without the address": ["server-1", "ip addr add 192.168.7.100/32 dev lo"],
    ARP: ["server-2", "sysctl -w net.ipv4.conf.all.arp_ignore=1"],
    "forwarding method": ["director", "ipvsadm -e -t 192.168.7.100:80 -r 192.168.7.11 -g"],
    weight: ["director", "ipvsadm -e -t 192.168.7.100:80 -r 192.168.7.12 -g -w 1"],
    "default route": ["server-2", "ip route add default via 192.168.7.1"],
    "director without the address": ["director", "ip addr add 192.168.7.100/32 dev eth0"],
    "drop rule": ["server-1", "iptables -F INPUT"],
  },
};

const TASKS = { first: "lvs", second: "cluster", third: "cluster", fourth: "lvs", fifth: "cluster" } as const;

/** What shows each fault, in what these commands print one after the other. */
const SIGNS: Readonly<Record<HuntName, { readonly look: Readonly<Record<string, string>>; readonly signs: string }>> = {
  cluster: {
    look: {
      "control-plane": "kubectl get service web -o yaml; kubectl get deployments -A",
      "node-1": "ip route show 10.244.2.0/24; bridge fdb",
      "node-2": "sysctl net.ipv4.ip_forward; ip link show cni0; iptables -S FORWARD",
    },
    signs: `{
  "target port": /targetPort: 8081/, selector: /app: wed/, "traffic policy": /TrafficPolicy: Local/,
  DNS: /coredns +0\\/0/, route: /^(?![^]*10.244.2.0 dev flannel.1)/, ip_forward: /ip_forward = 0/,
  "device down": / state DOWN/, "drop rule": /-j DROP/, "forwarding entry": /dst 192.168.0.99/,
}`,
  },
  lvs: {
    look: {
      director: "ipvsadm -Sn; ip addr show eth0",
      "server-1": "ip addr show lo; iptables -S INPUT",
      "server-2": "sysctl net.ipv4.conf.all.arp_ignore; ip route",
    },
    signs: `{
  "forwarding method": / -m -w /, weight: /-w 0/, "drop rule": /-j DROP/, ARP: /arp_ignore = 0/,
  "default route": /^(?![^]*default via)/, "director without the address": /^(?![^]*7.100.32 scope global eth0)/,
  "server without the address": /^(?![^]*7.100.32 scope global lo)/,
}`,
  },
};

/** Looks for the fault by what shows it. `mends` is what is handed in. */
const hunter = (task: keyof typeof TASKS, mends = "[where]: command"): string => {
  const { look, signs } = SIGNS[TASKS[task]];
  return `const mends: Record<string, [string, string]> = ${JSON.stringify(MENDS[TASKS[task]], null, 1)};
const { on, seed } = mine.hunts.${task};
hunt(on, seed);
const seen = Object.entries(${JSON.stringify(look)}).map(([at, words]) => sh(at, words).text).join("\\n");
const signs: Record<string, RegExp> = ${signs};
const cause = Object.keys(signs).find((each) => signs[each]!.test(seen)) ?? "none";
const [where, text] = mends[cause]!;
const mac = /lladdr (\\S+)/.exec(sh(where, "ip neigh show 10.244.2.0").out)?.[1] ?? "";
const command = text.replace("MAC", mac);
const ${task}Answer = { cause, mends: { ${mends} } };
handIn("${task}", ${task}Answer)`;
};

const RIGHT: Cells = Object.fromEntries(
  (Object.keys(TASKS) as (keyof typeof TASKS)[]).map((task) => [`${task}-answer`, hunter(task)]),
);

export const HUNT: Tested = {
  name: "hunt",
  file: path.join(ROOT, "notebooks", "homework", "5-a-cluster-that-fails.ipynb"),
  right: RIGHT,
  unusual: {
    "other commands beside it that only look": {
      "first-answer": hunter("first", '[where]: "ip addr; " + command + "; ip route", client: "ping -c 1 192.168.7.1"'),
      "second-answer": hunter(
        "second",
        '[where]: "ip addr; " + command + "; ip route", client: "ping -c 1 -W 1 10.96.0.1"',
      ),
    },
    "a change that is taken back, and a pause": {
      "fourth-answer": hunter(
        "fourth",
        '[where]: "ip addr add 10.9.9.9/32 dev lo; ip addr del 10.9.9.9/32 dev lo; " + command',
      ),
      "fifth-answer": hunter("fifth", '[where]: command + "; sleep 5"'),
    },
  },
  wrong: {
    "names another cause": {
      cells: { "first-answer": hunter("first").replace("{ cause,", '{ cause: cause === "ARP" ? "weight" : "ARP",') },
      loses: { "first: the cause is named": /^It was not "(ARP|weight)"\.$/ },
    },
    "changes more than it needs": {
      cells: {
        "second-answer": hunter(
          "second",
          '[where]: command, client: "ip addr add 10.9.9.9/32 dev lo", "node-1": (where === "node-1" ? command + "; " : "") + "ip route add 10.98.0.0/24 dev lo; ip route add 10.99.0.0/24 dev lo"',
        ),
      },
      loses: { "second: one change did it": /^4 entries are different: / },
    },
    "takes a route away that somebody needs": {
      cells: {
        "third-answer": hunter("third", '[where]: command, client: "ip route del default"'),
      },
      loses: {
        "third: what failed works": /^client asks web: "curl -s -m 3 http:\/\/web\/" in client fails/,
        "third: one change did it": /^client asks web: not yet\.$/,
      },
    },
    "only names the cause": {
      cells: { "fourth-answer": hunter("fourth", "") },
      loses: {
        "fourth: what failed works": /the client/,
        "fourth: what worked still works, and something was mended": /^Nothing that failed works now\.$/,
        "fourth: one change did it": /: not yet\.$/,
      },
    },
    "says it in words of its own": {
      cells: { "fifth-answer": hunter("fifth").replace("{ cause,", '{ cause: "no idea",') },
      loses: { "fifth: the cause is named": /^"no idea" is none of the words: DNS, / },
    },
  },
};
