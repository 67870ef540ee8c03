// What a student writes into the exercises of chapter 4.
import type { Answers } from "./solutions.ts";

const SEES = `"cluster IP": "?", "node port, Cluster": "?", "node port, Local": "?", "NLB to nodes, Cluster": "?",
  "NLB to pods": "?", "NLB to pods, client kept": "?", "Ingress to pods": "?",`;
const sees = (
  local: string,
): string => `"cluster IP": "client", "node port, Cluster": "node", "node port, Local": "${local}",
  "NLB to nodes, Cluster": "node", "NLB to pods": "balancer", "NLB to pods, client kept": "client", "Ingress to pods": "balancer",`;
const NOTHING = { one: 'run("node-1", "true")', two: 'run("node-2", "true")', kubectl: 'run("control-plane", "true")' };
const dnat = "iptables -t nat -A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination $" + "{to}:3021";
const PREFIX = "path === asked; //";

export const INTERNET_TO_SERVICE: Answers = {
  rows: Array.from({ length: 15 }, (_, i) => `I${`${i + 1}`.padStart(2, "0")}`),
  // The notes' rules line by line, balancers of two layers, and every way in.
  most: { cells: 80, words: 2700 },
  exercises: [
    {
      cell: "exercise-1",
      right: [[SEES, sees("client")]],
      wrong: [[SEES, sees("node")]],
      because: /node port, Local: not "node"/,
    },
    {
      cell: "exercise-2",
      right: [['"node-1": 0, "node-2": 0, "node-3": 0', '"node-1": 33.3, "node-2": 16.7, "node-3": 11.1']],
      // As if all pods were alike.
      wrong: [['"node-1": 0, "node-2": 0, "node-3": 0', '"node-1": 16.7, "node-2": 16.7, "node-3": 16.7']],
      because: /node-1: not 16.7\. It gets a third/,
      unusual: [['"node-1": 0, "node-2": 0, "node-3": 0', '"node-1": 100 / 3, "node-2": 100 / 6, "node-3": 100 / 9']],
    },
    {
      cell: "exercise-3",
      right: [['"us-east-1a": 0, "us-east-1b": 0', '"us-east-1a": 25, "us-east-1b": 6.25']],
      // That is cross-zone on.
      wrong: [['"us-east-1a": 0, "us-east-1b": 0', '"us-east-1a": 10, "us-east-1b": 10']],
      because: /us-east-1a: not 10/,
      alsoWrong: {
        changes: [['"us-east-1a": 0, "us-east-1b": 0', '"us-east-1a": 25, "us-east-1b": 12.5']],
        because: /us-east-1b: not 12.5/,
      },
    },
    {
      cell: "exercise-4",
      right: [
        [
          NOTHING.one,
          `run("node-1", \`${dnat}; iptables -t nat -A POSTROUTING -d $\{to} -p tcp --dport 3021 -j MASQUERADE\`)`,
        ],
      ],
      // It is sent on in the client's name, which the cloud does not allow.
      wrong: [[NOTHING.one, `run("node-1", \`${dnat}\`)`]],
      because: /The vpc dropped it: .*In whose name did node-1 send it on/,
      // IPVS, told to translate the source as well.
      unusual: [
        [
          NOTHING.one,
          'run("node-1", `sysctl -w net.ipv4.vs.conntrack=1; ipvsadm -A -t 10.0.109.19:30080 -s rr; ' +
            "ipvsadm -a -t 10.0.109.19:30080 -r $" +
            "{to}:3021 -m; iptables -t nat -A POSTROUTING -m ipvs --vport 30080 -j MASQUERADE`)",
        ],
      ],
      // Behind the routing decision it is too late.
      alsoWrong: {
        changes: [
          [
            NOTHING.one,
            'run("node-1", `iptables -t nat -A OUTPUT -p tcp --dport 30080 -j DNAT --to-destination $' + "{to}:3021`)",
          ],
        ],
        because: /No packet came to the pod/,
      },
    },
    {
      cell: "exercise-5",
      right: [[PREFIX, "`$" + '{asked}/`.startsWith(path.endsWith("/") ? path : `$' + "{path}/`); //"]],
      wrong: [[PREFIX, "asked.startsWith(path); //"]],
      because: /what stands between the slashes/,
      unusual: [
        [
          PREFIX,
          'path.split("/").filter(Boolean).every((element, i) => asked.split("/").filter(Boolean)[i] === element); //',
        ],
      ],
    },
    {
      cell: "exercise-6",
      right: [[NOTHING.two, 'run("node-2", "iptables -t mangle -A PREROUTING -i eth0 -p tcp --dport 32723 -j DROP")']],
      // The classic one: no such packet comes to INPUT.
      wrong: [[NOTHING.two, 'run("node-2", "iptables -I INPUT -p tcp --dport 32723 -j DROP")']],
      because: /PREROUTING, FORWARD, POSTROUTING\. At which port/,
      // Where the port is another already, conntrack knows what was asked for.
      unusual: [[NOTHING.two, 'run("node-2", "iptables -I FORWARD -m conntrack --ctorigdstport 32723 -j DROP")']],
      alsoWrong: {
        changes: [[NOTHING.two, 'run("node-2", "iptables -I FORWARD -p tcp --dport 3021 -j DROP")']],
        because: /Too much: node-1 does not answer/,
      },
    },
    {
      cell: "exercise-7",
      right: [[NOTHING.kubectl, 'run("control-plane", "kubectl scale deployment word-v5-beta -n beta --replicas=2")']],
      // Every node answers then, and nobody is seen.
      wrong: [
        [
          NOTHING.kubectl,
          `run("control-plane", \`kubectl patch svc word-v5-beta -n beta -p '{"spec":{"externalTrafficPolicy":"Cluster"}}'\`)`,
        ],
      ],
      because: /the pod sees 10\.\d+\.\d+\.\d+, not the client/,
    },
  ],
  guesses: [
    { cell: "predict-out", right: '"198.18.0.12"', wrong: '"10.0.110.77"' },
    { cell: "predict-socket", right: "0", wrong: "1" },
    { cell: "predict-self", right: '"node"', wrong: '"pod"' },
    { cell: "predict-local", right: '"timeout"', wrong: '"refusal"' },
    { cell: "predict-zones", right: "50", wrong: "25" },
    { cell: "predict-health", right: "503", wrong: "200" },
    { cell: "predict-cartoon", right: '"word-v5-beta"', wrong: '"cart"' },
  ],
};
