// What a student writes into the exercises: an answer that is right, and one that is wrong in a typical way.
import { KUBERNETES_BASICS } from "./solutions-00.ts";
import { INTERNET_TO_SERVICE } from "./solutions-04.ts";

/** What replaces a text of a cell; the text must be there. */
export type Change = readonly [from: string, to: string];

export interface Exercise {
  /** Id of the cell that is changed. */
  readonly cell: string;
  /** Id of the cell that shows the verdict, if it is another one. */
  readonly verdict?: string;
  readonly right: readonly Change[];
  readonly wrong: readonly Change[];
  /** What the verdict on the wrong answer must say. */
  readonly because: RegExp;
  /** Right as well, though written as nobody expects. */
  readonly unusual?: readonly Change[];
  /** Another typical mistake, with what the verdict must say of it. */
  readonly alsoWrong?: { readonly changes: readonly Change[]; readonly because: RegExp };
}

export interface Guess {
  readonly cell: string;
  readonly right: string;
  readonly wrong: string;
}

export interface Answers {
  readonly rows: readonly string[];
  /** At most so many cells and words, where a lesson is not the usual one. */
  readonly most?: { readonly cells: number; readonly words: number };
  readonly exercises: readonly Exercise[];
  readonly guesses: readonly Guess[];
}

/** Two rules that send 10.96.7.7:80 to the pods a and b of a cell, each with a match of its own. */
function byHand(first: string, second: string): string {
  const rule = (match: string, to: string) =>
    `iptables -t nat -A PREROUTING -d 10.96.7.7 -p tcp --dport 80 ${match} -j DNAT --to-destination $\{${to}}:3021`;
  return `\`${rule(first, "a")}; ${rule(second, "b")}\``;
}

export const ANSWERS: Readonly<Record<string, Answers>> = {
  "00-kubernetes-basics.ipynb": KUBERNETES_BASICS,
  "01-container-to-container.ipynb": {
    rows: ["C01", "C02", "C03", "C04", "C05", "C06"],
    exercises: [
      {
        cell: "exercise-1",
        right: [['"?"; //', '"local"; //']],
        wrong: [['"?"; //', '"main"; //']],
        because: /Not "main"/,
      },
      {
        cell: "exercise-2",
        right: [["= 0; //", "= 4; //"]],
        wrong: [["= 0; //", "= 7; //"]],
        because: /Not 7: do containers bring their own/,
      },
      {
        cell: "exercise-3",
        verdict: "exercise-3-check",
        right: [
          ['"shop/web", "true"', '"shop/web", "python3 -m http.server 8080 &"'],
          ['"shop/cache", "true"', '"shop/cache", "python3 -m http.server --bind 127.0.0.1 6379 &"'],
        ],
        // The cache listens on every address.
        wrong: [
          ['"shop/web", "true"', '"shop/web", "python3 -m http.server 8080 &"'],
          ['"shop/cache", "true"', '"shop/cache", "python3 -m http.server 6379 &"'],
        ],
        because: /buyer must not reach 10\.244\.1\.7:6379[\s\S]*0\.0\.0\.0:6379/,
      },
      {
        cell: "exercise-4",
        right: [['"true"', '"ip link set lo down"']],
        // The wrong device.
        wrong: [['"true"', '"ip link set eth0 down"']],
        because: /The gateway is gone, too/,
      },
    ],
    guesses: [
      { cell: "predict-route", right: "2", wrong: "0" },
      { cell: "predict-port", right: '"no"', wrong: '"yes"' },
      { cell: "predict-eth0", right: "0", wrong: "2" },
    ],
  },
  "02-pod-to-pod.ipynb": {
    rows: numbered("P", 33),
    // Three lessons: one link, two nodes, and twelve plugins with the listings of the notes.
    most: { cells: 165, words: 4400 },
    exercises: [
      {
        cell: "exercise-1",
        right: [["question: 0, answer: 0", "question: 4, answer: 1"]],
        wrong: [["question: 0, answer: 0", "question: 4, answer: 4"]],
        because: /Answer: not 4/,
      },
      {
        cell: "exercise-2",
        right: [['"?"; //', '"192.168.0.3"; //']],
        wrong: [['"?"; //', '"192.168.0.2"; //']],
        because: /longest/,
      },
      {
        cell: "exercise-3",
        right: [
          ['"node-1", "true"', '"node-1", "ip route add 10.244.3.0/24 via 192.168.0.12"'],
          ['"node-2", "true"', '"node-2", "ip route add 10.244.3.0/24 via 192.168.1.13"'],
          ['"node-3", "true"', '"node-3", "ip route add 10.244.1.0/24 via 192.168.1.12"'],
        ],
        // The way back is forgotten.
        wrong: [
          ['"node-1", "true"', '"node-1", "ip route add 10.244.3.0/24 via 192.168.0.12"'],
          ['"node-2", "true"', '"node-2", "ip route add 10.244.3.0/24 via 192.168.1.13"'],
        ],
        because: /In node-3.*no route to 10\.244\.1\.2/,
      },
      {
        cell: "exercise-4",
        right: [['"true"', '"ip neigh replace 10.244.1.3 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"']],
        wrong: [['"true"', '"ip link set eth0 down"']],
        because: /Too much: other is lost as well/,
      },
      {
        cell: "exercise-5",
        right: [
          ['"node-1", "true"', '"node-1", "ip link set veth9 up"'],
          ['"late", "true"', '"late", "ip addr del 10.244.1.9/32 dev eth0; ip addr add 10.244.1.9/24 dev eth0"'],
        ],
        // The cable's other end is still down.
        wrong: [['"late", "true"', '"late", "ip addr del 10.244.1.9/32 dev eth0; ip addr add 10.244.1.9/24 dev eth0"']],
        because: /the other end of the cable, node-1\/veth9, is down/,
        // late took web's address, and asks itself.
        alsoWrong: {
          changes: [
            ['"node-1", "true"', '"node-1", "ip link set veth9 up"'],
            ['"late", "true"', '"late", "ip addr flush dev eth0; ip addr add 10.244.1.3/24 dev eth0"'],
          ],
          because: /10\.244\.1\.9/,
        },
      },
      {
        cell: "exercise-6",
        right: [['"other", "true"', '"other", "arping -c 1 -A -I eth0 10.244.1.3"']],
        // A question about oneself is asked with no sender: nobody learns from it.
        wrong: [['"other", "true"', '"other", "arping -c 1 -w 1 -D -I eth0 10.244.1.3"']],
        because: /10\.244\.1\.3 is not an address of this namespace/,
      },
      {
        cell: "exercise-7",
        right: [
          [
            '"node-2", "true"',
            '"node-2", "ip route add default via 192.168.1.11 table 100; ip rule add from 10.244.2.2 lookup 100"',
          ],
        ],
        // The table is there, and no rule asks it.
        wrong: [['"node-2", "true"', '"node-2", "ip route add default via 192.168.1.11 table 100"']],
        because: /No answer: rp_filter: the way back to 10\.244\.2\.2 .* not by eth0/,
      },
      {
        cell: "exercise-8",
        right: [["ipip: 0, vxlan: 0", "ipip: 8953, vxlan: 8923"]],
        // The inner frame's Ethernet header is forgotten.
        wrong: [["ipip: 0, vxlan: 0", "ipip: 8953, vxlan: 8937"]],
        because: /vxlan: 8937 does not pass/,
      },
      {
        cell: "exercise-9",
        right: [['"node-2", "true"', '"node-2", "ip link set eth0 mtu 1500"']],
        // The hole becomes visible, and stays.
        wrong: [['"node-1", "true"', '"node-1", "ip link set flannel.1 mtu 1350"']],
        because: /do not fit the MTU 1350 of flannel\.1/,
      },
      {
        cell: "exercise-10",
        right: [
          [
            "{ hostGw: 0, vxlan: 0, weave: 0, calico: 0, google: 0 }",
            "{ hostGw: 62, vxlan: 62, weave: 64, calico: 62, google: 62 }",
          ],
        ],
        // Weave is taken for a network with routers.
        wrong: [
          [
            "{ hostGw: 0, vxlan: 0, weave: 0, calico: 0, google: 0 }",
            "{ hostGw: 62, vxlan: 62, weave: 62, calico: 62, google: 62 }",
          ],
        ],
        because: /weave: not 62/,
      },
      {
        cell: "exercise-11",
        right: [["routes: 0, neighbours: 0, fdb: 0", "routes: 9, neighbours: 9, fdb: 9"]],
        // The node itself is counted.
        wrong: [["routes: 0, neighbours: 0, fdb: 0", "routes: 10, neighbours: 10, fdb: 10"]],
        because: /routes: not 10/,
      },
      {
        cell: "exercise-12",
        right: [
          [
            "ingress: []",
            "ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }], ports: [{ port: 8080 }] }]",
          ],
        ],
        // Two ways in, one of them for everybody.
        wrong: [
          [
            "ingress: []",
            "ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }] }, { ports: [{ port: 8080 }] }]",
          ],
        ],
        because: /db may ask, too/,
        unusual: [
          [
            "ingress: []",
            "ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [db, web] }] } }] }]",
          ],
        ],
        // Who may be asked, not who may ask.
        alsoWrong: {
          changes: [
            [
              "ingress: []",
              "ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 8080 }] }]",
            ],
          ],
          because: /client may not\. In node-1: rule/,
        },
      },
      {
        cell: "exercise-13",
        // It answers only for what it has a route to.
        right: [['"node-1", "true"', '"node-1", "ip route del default"']],
        // Only the way behind the gateway.
        wrong: [['"node-1", "true"', '"node-1", "ip route del 10.244.14.64"']],
        because: /ARP was answered; the route says blackhole/,
        // Who does not forward is nobody's gateway either.
        unusual: [['"node-1", "true"', '"node-1", "sysctl -w net.ipv4.ip_forward=0"']],
        // The device's own switch is still on.
        alsoWrong: {
          changes: [['"node-1", "true"', '"node-1", "sysctl -w net.ipv4.conf.all.proxy_arp=0"']],
          because: /web still reaches client/,
        },
      },
      {
        cell: "exercise-14",
        right: [
          [
            '"node-1", "true"',
            '"node-1", "bridge fdb replace 66:c0:93:2e:56:2c dev vxlan.calico dst 192.168.0.12 self permanent"',
          ],
        ],
        // The tables above it are right.
        wrong: [['"node-1", "true"', '"node-1", "ip neigh flush dev vxlan.calico"']],
        because: /the frame is for 66:c0:93:2e:56:2c/,
        // Around the tunnel: the nodes are on one link.
        unusual: [['"node-1", "true"', '"node-1", "ip route replace 10.244.149.128/26 via 192.168.0.12 dev eth0"']],
      },
    ],
    guesses: [
      { cell: "predict-heard", right: "1", wrong: "4" },
      { cell: "predict-aged", right: "1", wrong: "0" },
      { cell: "predict-pinned", right: "0", wrong: "3" },
      { cell: "predict-duplicate", right: "2", wrong: "1" },
      { cell: "predict-ttl", right: "62", wrong: "64" },
      { cell: "predict-back", right: '"eth0"', wrong: '"eth1"' },
      { cell: "predict-largest", right: "1422", wrong: "1450" },
      { cell: "predict-free", right: '"no"', wrong: '"yes"' },
      { cell: "predict-512", right: '"yes"', wrong: '"no"' },
    ],
  },
  "03-pod-to-service.ipynb": {
    rows: Array.from({ length: 20 }, (_, i) => `S${String(i + 1).padStart(2, "0")}`),
    // Names and rules, two modes, and the notes' cluster.
    most: { cells: 100, words: 2700 },
    exercises: [
      {
        cell: "exercise-1",
        right: [['"?"; //', "`src=$" + "{endpoint} dst=$" + "{from} sport=3021 dport=$" + "{port}`; //"]],
        wrong: [['"?"; //', "`src=$" + "{VIP} dst=$" + "{from} sport=80 dport=$" + "{port}`; //"]],
        because: /before it is translated back/,
      },
      {
        cell: "exercise-2",
        right: [['"?"; //', '"0.20000000019"; //']],
        wrong: [['"?"; //', '"0.33333333349"; //']],
        because: /It keeps one of how many/,
      },
      {
        cell: "exercise-3",
        right: [['"KUBE-SVC-?"; //', '"KUBE-SVC-" + base32(sha256(service + protocol)).slice(0, 16); //']],
        wrong: [['"KUBE-SVC-?"; //', '"KUBE-SVC-" + base32(sha256(service)).slice(0, 16); //']],
        because: /one name with two protocols/,
        // Only as many octets as are needed.
        unusual: [
          [
            '"KUBE-SVC-?"; //',
            '["KUBE", "SVC", base32(createHash("sha256").update(service).update(protocol).digest().subarray(0, 10))].join("-"); //',
          ],
        ],
      },
      {
        cell: "exercise-4",
        right: [["plain: 0, dot: 0", "plain: 8, dot: 2"]],
        wrong: [["plain: 0, dot: 0", "plain: 4, dot: 1"]],
        because: /Plain: not 4/,
        alsoWrong: { changes: [["plain: 0, dot: 0", "plain: 8, dot: 8"]], because: /With a dot: not 8/ },
      },
      {
        cell: "exercise-5",
        right: [["`true`", byHand("-m statistic --mode random --probability 0.5", "")]],
        // Both dice at a half: a quarter is left.
        wrong: [
          [
            "`true`",
            byHand("-m statistic --mode random --probability 0.5", "-m statistic --mode random --probability 0.5"),
          ],
        ],
        because: /no rule took them/,
        unusual: [["`true`", byHand("-m statistic --mode nth --every 2 --packet 0", "")]],
        // A third and two thirds.
        alsoWrong: {
          changes: [["`true`", byHand("-m statistic --mode random --probability 0.3333", "")]],
          because: /Not in equal shares/,
        },
      },
      {
        cell: "exercise-6",
        right: [["targetPort: 3021}]", "targetPort: 3021}]\n  clusterIP: None\n  selector: {app: word-v5-beta}"]],
        // A Service as usual: its name gives its own address.
        wrong: [["targetPort: 3021}]", "targetPort: 3021}]\n  selector: {app: word-v5-beta}"]],
        because: /The name gives 10\.\d+\.\d+\.\d+, the pods are/,
        // Nobody selected.
        alsoWrong: {
          changes: [["targetPort: 3021}]", "targetPort: 3021}]\n  clusterIP: None"]],
          because: /Which pods are meant/,
        },
      },
      {
        cell: "exercise-7",
        right: [['run(node, "true")', 'run(node, "iptables -t nat -F KUBE-MARK-MASQ")']],
        wrong: [['run(node, "true")', 'run(node, "iptables -t nat -F KUBE-SERVICES")']],
        because: /Too much/,
        // What is marked comes to be masqueraded at POSTROUTING: not there either.
        unusual: [['run(node, "true")', 'run(node, "iptables -t nat -I KUBE-POSTROUTING -s 10.244.0.0/16 -j ACCEPT")']],
      },
      {
        cell: "exercise-8",
        right: [
          [
            "sleep 5; true",
            `kubectl patch svc shop -p '{\\"spec\\":{\\"selector\\":{\\"app\\":\\"shop\\"},\\"ports\\":[{\\"port\\":80,\\"targetPort\\":8080}]}}'`,
          ],
        ],
        // One of two mistakes.
        wrong: [["sleep 5; true", `kubectl patch svc shop -p '{\\"spec\\":{\\"selector\\":{\\"app\\":\\"shop\\"}}}'`]],
        because: /At which port do the pods listen/,
        unusual: [
          ["sleep 5; true", "kubectl delete svc shop; kubectl expose deployment shop --port=80 --target-port=8080"],
        ],
      },
    ],
    guesses: [
      { cell: "predict-vip", right: "0", wrong: "3" },
      { cell: "predict-dead", right: '"yes"', wrong: '"no"' },
      { cell: "predict-count", right: "1", wrong: "6" },
      { cell: "predict-hairpin", right: '"no"', wrong: '"yes"' },
      { cell: "predict-empty", right: '"refusal"', wrong: '"timeout"' },
      { cell: "predict-ping", right: '"no"', wrong: '"yes"' },
      { cell: "predict-health", right: "4", wrong: "0" },
      { cell: "predict-dots", right: "8", wrong: "1" },
    ],
  },
  "04-internet-to-service.ipynb": INTERNET_TO_SERVICE,
  "05-lvs-modes.ipynb": {
    rows: [...numbered("L", 14), ...numbered("M", 25)],
    // Three modes, each with what goes wrong in it.
    most: { cells: 120, words: 3000 },
    exercises: [
      {
        cell: "exercise-1",
        right: [['NAT: "?", TUN: "?", DR: "?"', 'NAT: "dst, port", TUN: "nothing", DR: "nothing"']],
        wrong: [['NAT: "?", TUN: "?", DR: "?"', 'NAT: "dst, port", TUN: "dst", DR: "nothing"']],
        because: /TUN: not "dst"/,
      },
      {
        cell: "exercise-2",
        right: [["ipip: 0, gue: 0", "ipip: 1480, gue: 1468"]],
        // The GUE header is forgotten.
        wrong: [["ipip: 0, gue: 0", "ipip: 1480, gue: 1472"]],
        because: /gue: not 1472\..*GUE 4/,
      },
      {
        cell: "exercise-3",
        right: [
          [
            '"r3", "true"',
            '"r3", "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; ip addr add 192.168.10.101/32 dev lo"',
          ],
          ['"director", "true"', '"director", "ipvsadm -a -t 192.168.10.101:80 -r 192.168.10.13 -g"'],
        ],
        // It answers for the VIP.
        wrong: [
          ['"r3", "true"', '"r3", "ip addr add 192.168.10.101/32 dev lo"'],
          ['"director", "true"', '"director", "ipvsadm -a -t 192.168.10.101:80 -r 192.168.10.13 -g"'],
        ],
        because: /did not pass the director: who answers ARP/,
        // No VIP at all: netfilter takes the packets in.
        unusual: [
          [
            '"r3", "true"',
            '"r3", "iptables -t nat -A PREROUTING -d 192.168.10.101 -p tcp --dport 80 -j REDIRECT --to-ports 80"',
          ],
          ['"director", "true"', '"director", "ipvsadm -a -t 192.168.10.101:80 -r 192.168.10.13 -g"'],
        ],
        // It does not answer for the VIP, but asks in its name.
        alsoWrong: {
          changes: [
            ['"r3", "true"', '"r3", "sysctl -w net.ipv4.conf.all.arp_ignore=1; ip addr add 192.168.10.101/32 dev lo"'],
            ['"director", "true"', '"director", "ipvsadm -a -t 192.168.10.101:80 -r 192.168.10.13 -g"'],
          ],
          because: /did not pass the director: .* asks in its name/,
        },
      },
      {
        cell: "exercise-4",
        right: director(`ip addr add 192.168.10.110/32 dev eth0
          ipvsadm -A -t 192.168.10.110:8000 -s rr
          ipvsadm -a -t 192.168.10.110:8000 -r 10.0.0.11:8080 -m
          ipvsadm -a -t 192.168.10.110:8000 -r 10.0.0.12:8080 -m`),
        // Nobody has the VIP.
        wrong: director(`ipvsadm -A -t 192.168.10.110:8000 -s rr
          ipvsadm -a -t 192.168.10.110:8000 -r 10.0.0.11:8080 -m
          ipvsadm -a -t 192.168.10.110:8000 -r 10.0.0.12:8080 -m`),
        because: /router: nobody on the link of eth0 has 192\.168\.10\.110/,
        // A virtual server by mark.
        unusual: director(`ip addr add 192.168.10.110/32 dev lo
          iptables -t mangle -A PREROUTING -d 192.168.10.110 -p tcp --dport 8000 -j MARK --set-mark 5
          ipvsadm -A -f 5 -s wrr
          ipvsadm -a -f 5 -r 10.0.0.11:8080 -m
          ipvsadm -a -f 5 -r 10.0.0.12:8080 -m`),
        // Without a port of its own a server gets the virtual one.
        alsoWrong: {
          changes: director(`ip addr add 192.168.10.110/32 dev eth0
            ipvsadm -A -t 192.168.10.110:8000 -s rr
            ipvsadm -a -t 192.168.10.110:8000 -r 10.0.0.11 -m
            ipvsadm -a -t 192.168.10.110:8000 -r 10.0.0.12 -m`),
          because: /none listens on TCP port 8000/,
        },
      },
      {
        cell: "exercise-5",
        right: [['"r2", "true"', '"r2", "sysctl -w net.ipv4.conf.all.arp_ignore=0"']],
        wrong: [['"r2", "true"', '"r2", "ip link set eth0 down"']],
        because: /It was served by .*nobody/,
        unusual: [['"r2", "true"', '"r2", "ip addr add 192.168.10.101/32 dev eth0"']],
      },
      {
        cell: "exercise-6",
        right: [['"t2", "true"', '"t2", "sysctl -w net.ipv4.conf.tunl0.rp_filter=0"']],
        // The stricter of the two counts.
        wrong: [['"t2", "true"', '"t2", "sysctl -w net.ipv4.conf.all.rp_filter=0"']],
        because: /t2: rp_filter/,
        // Loose: any way back will do.
        unusual: [['"t2", "true"', '"t2", "sysctl -w net.ipv4.conf.tunl0.rp_filter=2"']],
      },
      {
        cell: "exercise-7",
        right: [['"n1", "true"', '"n1", "ip route replace default via 10.0.0.1"']],
        // Nobody waits any more, and half the cluster is idle.
        wrong: director("ipvsadm -d -t 192.168.10.100:80 -r 10.0.0.11:8080"),
        because: /Only n2 served .* What of n1/,
        unusual: [['"n1", "true"', '"n1", "ip route add 198.51.100.0/24 via 10.0.0.1"']],
      },
      {
        cell: "exercise-8",
        right: [
          ['"r1", "true"', '"r1", "ip addr del 192.168.10.101/32 dev eth0; ip addr add 192.168.10.101/32 dev lo"'],
        ],
        // Quiet, and deaf.
        wrong: [['"r1", "true"', '"r1", "ip addr del 192.168.10.101/32 dev eth0"']],
        because: /r1: 192\.168\.10\.101 is not an address of this namespace/,
        unusual: [
          [
            '"r1", "true"',
            '"r1", "ip addr del 192.168.10.101/32 dev eth0; ip link add quiet type dummy; ip link set quiet up; ip addr add 192.168.10.101/32 dev quiet"',
          ],
        ],
      },
      {
        cell: "exercise-9",
        right: [['run(name, "true")', 'run(name, "ip route add 10.0.0.50 via 10.0.0.1")']],
        wrong: director("sysctl -w net.ipv4.vs.conntrack=1"),
        because: /did not answer office\. office: no program has a connection with 10\.0\.0\.1/,
        // The servers see the director as the client.
        unusual: director(`sysctl -w net.ipv4.vs.conntrack=1
          iptables -t nat -A POSTROUTING -s 10.0.0.50 -d 10.0.0.0/24 -o eth1 -j MASQUERADE`),
      },
    ],
    guesses: [
      { cell: "predict-first", right: '"n2"', wrong: '"n1"' },
      { cell: "predict-input", right: '"no"', wrong: '"yes"' },
      { cell: "predict-gateway", right: '"yes"', wrong: '"no"' },
      { cell: "predict-out", right: "0", wrong: "40" },
      { cell: "predict-queues", right: "1", wrong: "4" },
      { cell: "predict-mtu", right: "1480", wrong: "1500" },
      { cell: "predict-answers", right: "3", wrong: "1" },
    ],
  },
  "06-lvs-algorithms.ipynb": {
    rows: Array.from({ length: 20 }, (_, i) => `A${`${i + 1}`.padStart(2, "0")}`),
    // Ten algorithms of the notes, four newer ones, and all of them side by side.
    most: { cells: 80, words: 2600 },
    exercises: [
      {
        cell: "exercise-1",
        right: [['["?"]', '["dh", "lblc", "lblcr"]']],
        wrong: [['["?"]', '["dh", "sh", "lblc"]']],
        because: /sh picks the same for any destination/,
        unusual: [['["?"]', '["lblcr", "lblc", "dh", "dh"]']],
        alsoWrong: { changes: [['["?"]', '["dh"]']], because: /One is missing/ },
      },
      {
        cell: "exercise-2",
        right: [['"?"; //', '"3 3 2 3 3 2 1"; //']],
        // As nq would: nobody stays idle.
        wrong: [['"?"; //', '"3 2 1 3 3 2 3"; //']],
        because: /Connection 2 does not go to 2\. Costs then: server 3 2\/4/,
        unusual: [['"?"; //', '"3,3,2,3, 3,2,1"; //']],
        alsoWrong: { changes: [['"?"; //', '"3 3 2 3 3 2 1 3"; //']], because: /Seven picks, not more/ },
      },
      {
        cell: "exercise-3",
        right: [["= -1; //", "= 103; //"]],
        // The lowest octet, as kernels of long ago took it.
        wrong: [["= -1; //", "= 77; //"]],
        because: /Not 77/,
      },
      {
        cell: "exercise-4",
        right: ownScheduler(`const usable = servers.filter(({ weight }) => weight > 0);
          const idle = usable.find(({ active }) => active === 0);
          let best = usable[0];
          for (const each of usable)
            if ((each.active + 1) / each.weight < (best!.active + 1) / best!.weight) best = each;
          return idle ?? best;`),
        // Weight 0 is forgotten.
        wrong: ownScheduler(`return servers.find(({ active }) => active === 0)
          ?? [...servers].sort((x, y) => (x.active + 1) / x.weight - (y.active + 1) / y.weight)[0];`),
        because: /Yours takes \d+, the kernel's nq takes \w+\. The list was:/,
        unusual: ownScheduler(`return servers.filter((each) => each.weight).reduce((best, each) => {
            const cost = (one: typeof each) => one.active && (one.active + 1) / one.weight;
            return best === undefined || cost(each) < cost(best) ? each : best;
          }, undefined as (typeof servers)[number] | undefined);`),
        // That is sed.
        alsoWrong: {
          changes: ownScheduler(`return servers.filter(({ weight }) => weight > 0)
            .sort((x, y) => (x.active + 1) / x.weight - (y.active + 1) / y.weight)[0];`),
          because: /Yours takes \d+, the kernel's nq takes \d+[\s\S]*active 0, inactive \d+ → 0\/\d+, taken/,
        },
      },
      {
        cell: "exercise-5",
        right: balancer(
          '"true"; //',
          `ipvsadm -E -t 192.0.2.10:80 -s sh -b sh-fallback
           ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.2:80 -m -w 0`,
        ),
        wrong: balancer('"true"; //', "ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.2:80 -m -w 0"),
        because: /\d+ clients are refused/,
        // A threshold that is reached already.
        unusual: balancer(
          '"true"; //',
          `ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.2:80 -m -w 1 -x 1
           ipvsadm -E -t 192.0.2.10:80 -s sh -b sh-fallback`,
        ),
        alsoWrong: {
          changes: balancer('"true"; //', "ipvsadm -d -t 192.0.2.10:80 -r 10.0.0.2:80"),
          because: /Server 2 is deleted/,
        },
      },
      {
        cell: "exercise-6",
        right: weighted("wlc"),
        wrong: [["-s rr", "-s lc"]],
        because: /Too slow on one day of three[\s\S]*lc: half/,
        unusual: weighted("nq"),
        alsoWrong: { changes: weighted("wrr"), because: /wrr: half of the answers/ },
      },
      {
        cell: "exercise-7",
        right: [["string[] = []; //", "string[] = Array(5).fill(a); //"]],
        wrong: [["string[] = []; //", "string[] = [a, b, c, a]; //"]],
        because: /Still at 3/,
        // Others that live on the same server.
        unusual: [["string[] = []; //", 'string[] = [b, c, ...Array(4).fill("192.0.2.13")]; //']],
        // Then the other servers are busy, too.
        alsoWrong: {
          changes: [["string[] = []; //", "string[] = [b, c, b, c, a, a, a, a, a]; //"]],
          because: /another 2 × active < weight/,
        },
      },
      {
        cell: "exercise-8",
        right: balancer('"true"; //', "ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.3:80 -m -w 0"),
        // rr goes to the next one.
        wrong: [
          ['"mh"; //', '"rr"; //'],
          ...balancer('"true"; //', "ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.3:80 -m -w 0"),
        ],
        because: /0 of 200 are refused/,
        unusual: [
          ['"mh"; //', '"sh"; //'],
          ...balancer('"true"; //', "ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -m -w 1 -x 5"),
        ],
        alsoWrong: { changes: balancer('"true"; //', "ipvsadm -C"), because: /no virtual server/ },
      },
    ],
    guesses: [
      { cell: "predict-first", right: '"3 2 1"', wrong: '"1 2 3"' },
      { cell: "predict-wrr", right: '"3 2 1 1 2 1 3 2 1"', wrong: '"1 1 1 1 2 2 2 3 3"' },
      { cell: "predict-wlc", right: '"2"', wrong: '"1"' },
      { cell: "predict-dh", right: '"refused"', wrong: '"other"' },
      { cell: "predict-move", right: '"most"', wrong: '"a fifth"' },
      { cell: "predict-nq", right: '"3 2 1 3"', wrong: '"3 2 3 3"' },
    ],
  },
  "lab-00-linux-networking.ipynb": {
    rows: [],
    most: { cells: 60, words: 1800 },
    exercises: [
      {
        cell: "exercise-1",
        right: [
          ['device: string = "?"', 'device: string = "lo"'],
          ['state: string = "?"', 'state: string = "DOWN"'],
        ],
        wrong: [
          ['device: string = "?"', 'device: string = "lo"'],
          ['state: string = "?"', 'state: string = "UP"'],
        ],
        because: /Not "UP"/,
      },
      {
        cell: "exercise-2",
        right: [
          ['77": "?"', '77": "yes"'],
          ['130": "?"', '130": "no"'],
          ['2": "?"', '2": "no"'],
        ],
        wrong: [
          ['77": "?"', '77": "yes"'],
          ['130": "?"', '130": "yes"'],
        ],
        because: /10\.1\.0\.130: not "yes"\. \/25 leaves 7 bits/,
      },
      {
        cell: "exercise-3",
        right: [['"?"; //', '"10.1.7.192/26"; //']],
        wrong: [['"?"; //', '"10.1.7.0/26"; //']],
        because: /begin at 0, 64, 128, 192/,
      },
      {
        cell: "exercise-4-check",
        right: [['["?", "?", "?", "?"]', '["route", "neighbour", "link", "way back"]']],
        wrong: [['["?", "?", "?", "?"]', '["route", "way back", "link", "way back"]']],
        because: /2: silence/,
      },
      {
        cell: "exercise-5",
        right: [
          [
            '"laptop", "true"',
            '"laptop", "ip link add veth-green type veth peer name eth0 netns green; ip link set veth-green up; ip addr add 10.3.0.1/24 dev veth-green"',
          ],
          [
            '"green", "true"',
            '"green", "ip link set eth0 up; ip addr add 10.3.0.2/24 dev eth0; ip route add default via 10.3.0.1"',
          ],
        ],
        // The way back is forgotten.
        wrong: [
          [
            '"laptop", "true"',
            '"laptop", "ip link add veth-green type veth peer name eth0 netns green; ip link set veth-green up; ip addr add 10.3.0.1/24 dev veth-green"',
          ],
          ['"green", "true"', '"green", "ip link set eth0 up; ip addr add 10.3.0.2/24 dev eth0"'],
        ],
        because: /In green.*no route to 10\.1\.0\.2/,
        // The laptop itself took green's address.
        alsoWrong: {
          changes: [['"laptop", "true"', '"laptop", "ip addr add 10.3.0.2/24 dev veth-red"']],
          because: /it is not green's/,
        },
      },
      {
        cell: "exercise-6",
        right: [['"laptop", "true"', '"laptop", "sysctl -w net.ipv4.ip_forward=0"']],
        wrong: [['"laptop", "true"', '"laptop", "ip link set veth-red down"']],
        because: /Too much: the laptop is lost as well/,
      },
      {
        cell: "exercise-7",
        right: [
          [
            '"red", "true"',
            '"red", "ip addr del 10.1.0.2/32 dev eth0; ip addr add 10.1.0.2/24 dev eth0; ip route add default via 10.1.0.1"',
          ],
          ['"laptop", "true"', '"laptop", "sysctl -w net.ipv4.ip_forward=1"'],
        ],
        // Two mistakes are mended, and nobody forwards.
        wrong: [
          [
            '"red", "true"',
            '"red", "ip addr del 10.1.0.2/32 dev eth0; ip addr add 10.1.0.2/24 dev eth0; ip route add default via 10.1.0.1"',
          ],
        ],
        because: /In laptop.*does not forward/,
        // red took blue's address, and asks itself.
        alsoWrong: {
          changes: [['"red", "true"', '"red", "ip addr add 10.2.0.2/24 dev eth0"']],
          because: /10\.1\.0\.2 is not an address/,
        },
      },
    ],
    guesses: [
      { cell: "predict-state", right: '"DOWN"', wrong: '"UP"' },
      { cell: "predict-permanent", right: '"silence"', wrong: '"error"' },
      { cell: "predict-arrives", right: '"yes"', wrong: '"no"' },
    ],
  },
  "lab-01-netfilter.ipynb": {
    rows: [],
    most: { cells: 74, words: 2600 },
    exercises: [
      {
        cell: "exercise-1",
        right: [
          ['router": "?"', 'router": "INPUT"'],
          ['to the server": "?"', 'to the server": "FORWARD"'],
          ['"the router to the server": "?"', '"the router to the server": "OUTPUT"'],
        ],
        wrong: [
          ['router": "?"', 'router": "INPUT"'],
          ['to the server": "?"', 'to the server": "INPUT"'],
        ],
        because: /pc to the server: not "INPUT"/,
      },
      {
        cell: "exercise-2",
        right: nas(`iptables -P INPUT DROP
          iptables -A INPUT -i lo -j ACCEPT
          iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
          iptables -A INPUT -s 10.0.0.2 -p tcp --dport 8080 -j ACCEPT`),
        // nas cannot speak to itself.
        wrong: nas(`iptables -P INPUT DROP
          iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
          iptables -A INPUT -s 10.0.0.2 -p tcp --dport 8080 -j ACCEPT`),
        because: /nas does not reach 127\.0\.0\.1:8080[\s\S]*by lo/,
        // No policy, no filter: what begins from outside is dropped before anything else.
        unusual: nas(`iptables -t mangle -N begins
          iptables -t mangle -A PREROUTING ! -i lo -m state --state NEW -j begins
          iptables -t mangle -A begins ! -s 10.0.0.2 -j DROP
          iptables -t mangle -A begins -p tcp -m multiport ! --dports 8080 -j DROP
          iptables -t mangle -A begins ! -p tcp -j DROP`),
        // Whoever nas asks cannot answer.
        alsoWrong: {
          changes: nas(`iptables -P INPUT DROP
            iptables -A INPUT -i lo -j ACCEPT
            iptables -A INPUT -s 10.0.0.2 -p tcp --dport 8080 -j ACCEPT`),
          because: /nas does not reach 10\.0\.0\.1[\s\S]*In nas.*policy of INPUT is DROP[\s\S]*Answers to nas's own/,
        },
      },
      {
        cell: "exercise-3",
        right: [
          ['src: "?", dst: "?", sport: 0, dport: 0', 'src: "203.0.113.80", dst: "192.0.2.1", sport: 80, dport: 50003'],
        ],
        wrong: [
          ['src: "?", dst: "?", sport: 0, dport: 0', 'src: "203.0.113.80", dst: "10.0.0.2", sport: 80, dport: 40000'],
        ],
        because: /dst: not 10\.0\.0\.2/,
        alsoWrong: {
          changes: [
            [
              'src: "?", dst: "?", sport: 0, dport: 0',
              'src: "203.0.113.80", dst: "192.0.2.1", sport: 80, dport: 40000',
            ],
          ],
          because: /dport: not 40000/,
        },
      },
      {
        cell: "exercise-4",
        right: router(`iptables -P FORWARD DROP
          iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
          iptables -A FORWARD -i lan -o wan -j ACCEPT
          iptables -A FORWARD -i wan -m conntrack --ctstate DNAT -j ACCEPT
          iptables -t nat -A POSTROUTING -o wan -j MASQUERADE
          iptables -t nat -A PREROUTING -i wan -p tcp --dport 2222 -j DNAT --to-destination 10.0.0.3:8080`),
        // Translation without permission.
        wrong: router(`iptables -P FORWARD DROP
          iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
          iptables -A FORWARD -i lan -o wan -j ACCEPT
          iptables -t nat -A POSTROUTING -o wan -j MASQUERADE
          iptables -t nat -A PREROUTING -i wan -p tcp --dport 2222 -j DNAT --to-destination 10.0.0.3:8080`),
        because: /server does not reach 192\.0\.2\.1:2222[\s\S]*permission another/,
        // No word of conntrack: the router's raw table keeps strangers out, and a mark tells the door.
        unusual:
          router(`iptables -t mangle -A PREROUTING -i wan -d 192.0.2.1 -p tcp --dport 2222 -j CONNMARK --set-mark 7
          iptables -t nat -A PREROUTING -m connmark --mark 7 -p tcp -j DNAT --to-destination 10.0.0.3:8080
          iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -o wan -j SNAT --to-source 192.0.2.1
          iptables -t raw -A PREROUTING -i wan -d 10.0.0.0/24 -j DROP`),
        // Everything that leaves is masked, also towards nas.
        alsoWrong: {
          changes: router(`iptables -P FORWARD DROP
            iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
            iptables -A FORWARD -i lan -o wan -j ACCEPT
            iptables -A FORWARD -i wan -m conntrack --ctstate DNAT -j ACCEPT
            iptables -t nat -A POSTROUTING -j MASQUERADE
            iptables -t nat -A PREROUTING -i wan -p tcp --dport 2222 -j DNAT --to-destination 10.0.0.3:8080`),
          because: /nas sees 10\.0\.0\.1, not the server's/,
        },
      },
      {
        cell: "exercise-5",
        right: router(`iptables -t mangle -A PREROUTING -s 10.0.0.2 -p tcp --dport 80 -j MARK --set-mark 1
          ip route add default via 198.51.100.9 table 100
          ip rule add fwmark 1 lookup 100`),
        // Too late: the route is chosen.
        wrong: router(`iptables -t mangle -A FORWARD -s 10.0.0.2 -p tcp --dport 80 -j MARK --set-mark 1
          ip route add default via 198.51.100.9 table 100
          ip rule add fwmark 1 lookup 100`),
        because: /leaves by wan\. Is it marked, and before/,
        // The other way round: all is marked but the web of pc, which takes main, and main leads to lte.
        unusual: router(`ip route replace default via 198.51.100.9
          ip route add default via 192.0.2.9 table 7
          ip rule add fwmark 0x10/0x10 lookup 7
          iptables -t mangle -A PREROUTING -i lan -j MARK --or-mark 0x10
          iptables -t mangle -A PREROUTING -i lan -s 10.0.0.2 -p tcp --dport 80 -j MARK --and-mark 0xf`),
        alsoWrong: {
          changes: router(`iptables -t mangle -A PREROUTING -s 10.0.0.2 -j MARK --set-mark 1
            ip route add default via 198.51.100.9 table 100
            ip rule add fwmark 1 lookup 100`),
          because: /"ping .*" leaves by lte\. Only the web/,
        },
      },
      {
        cell: "exercise-6",
        right: router(`iptables -D FORWARD 3
          iptables -I FORWARD 1 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`),
        wrong: router("iptables -F FORWARD; iptables -P FORWARD ACCEPT"),
        because: /server reaches 10\.0\.0\.3:8080, and must not\.[\s\S]*everybody may begin/,
        unusual: router("iptables -R FORWARD 2 -i wan -p tcp --syn -j DROP"),
      },
      {
        cell: "exercise-7",
        right: router("iptables -R FORWARD 2 -i wan -d 10.0.0.3 -p tcp --dport 8080 -j ACCEPT"),
        // The door is open, and so is the house.
        wrong: router("iptables -P FORWARD ACCEPT"),
        because: /server reaches 10\.0\.0\.3:22, and must not/,
        unusual: router("iptables -A FORWARD -p tcp -m conntrack --ctorigdst 192.0.2.1 --ctorigdstport 80 -j ACCEPT"),
      },
      {
        cell: "exercise-8",
        right: router("iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -d 10.0.0.3 -j MASQUERADE"),
        wrong: router("iptables -t nat -A POSTROUTING -o lan -j MASQUERADE"),
        because: /Too much: for nas the world now comes from 10\.0\.0\.1/,
        unusual: router(
          "iptables -t nat -A POSTROUTING -o lan -m conntrack ! --ctorigsrc 192.0.2.0/24 -j SNAT --to-source 10.0.0.9-10.0.0.9; ip addr add 10.0.0.9/24 dev lan",
        ),
        // Routes are not at fault.
        alsoWrong: {
          changes: router("iptables -A FORWARD -i lan -o lan -j ACCEPT"),
          because: /pc does not reach 192\.0\.2\.1:80[\s\S]*Whom does nas answer/,
        },
      },
    ],
    guesses: [
      { cell: "predict-forward", right: "2", wrong: "1" },
      { cell: "predict-through", right: '"yes"', wrong: '"no"' },
      { cell: "predict-where", right: '"yes"', wrong: '"no"' },
      { cell: "predict-related", right: '"no"', wrong: '"yes"' },
      { cell: "predict-source", right: '"192.0.2.1"', wrong: '"10.0.0.2"' },
      { cell: "predict-once", right: "1", wrong: "10" },
      { cell: "predict-late", right: '"wan"', wrong: '"lte"' },
    ],
  },
};

/** The placeholder of a cell, with commands in its place. */
function nas(commands: string): readonly Change[] {
  return [['run("nas", "true")', `run("nas", \`${commands}\`)`]];
}

function router(commands: string): readonly Change[] {
  return [['run("router", "true")', `run("router", \`${commands}\`)`]];
}

function director(commands: string): readonly Change[] {
  return [['run("director", "true")', `run("director", \`${commands}\`)`]];
}

/** `L01` to `L14`. */
function numbered(letter: string, last: number): string[] {
  return Array.from({ length: last }, (_, i) => `${letter}${`${i + 1}`.padStart(2, "0")}`);
}

/** The body of a student's scheduler. */
function ownScheduler(body: string): readonly Change[] {
  return [["return servers[0]; //", `${body} //`]];
}

function balancer(placeholder: string, commands: string): readonly Change[] {
  return [[placeholder, `\`${commands}\`; //`]];
}

function weighted(scheduler: string): readonly Change[] {
  return [
    ["-s rr", `-s ${scheduler}`],
    ["10.0.0.1:80 -m -w 1", "10.0.0.1:80 -m -w 6"],
    ["10.0.0.2:80 -m -w 1", "10.0.0.2:80 -m -w 2"],
  ];
}
