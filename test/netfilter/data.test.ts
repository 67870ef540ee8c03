// Rules of iptables in a lab's data and in its script.
import { strict as assert } from "node:assert";
import { execFileSync, spawnSync } from "node:child_process";
import { lab, sh } from "../../lib/index.ts";
import { timeless } from "./set/real.ts";

const RULES = `iptables -P FORWARD DROP
iptables -N web
iptables -A FORWARD -p tcp --dport 80 -j web
iptables -A web -m comment --comment "it's the web" -m conntrack --ctstate NEW -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A OUTPUT -p icmp -j ACCEPT
iptables -t nat -A POSTROUTING -s 10.244.1.0/24 -j MASQUERADE
ip6tables -A INPUT -s 2001:db8::/32 -j DROP
ipset create nets hash:net timeout 600 counters comment
ipset add nets 10.0.0.0/8 comment "the private ones" packets 3
ipset add nets 10.1.0.0/16 nomatch timeout 0
ipset create both list:set
ipset create marks hash:ip,port skbinfo
ipset add marks 10.0.0.1,udp:53 skbmark 0x5/0xff
ipset add both nets
iptables -A FORWARD -m set --match-set both src -j DROP
iptables -t mangle -A FORWARD -j SET --map-set marks dst,dst --map-mark`;

function built() {
  const net = lab({ seed: "rules as data" });
  const node = net.node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  node.pod("web", { bridge: "cni0", address: "10.244.1.2/24", gateway: "10.244.1.1" });
  assert.equal(`${sh("node-1", RULES)}`.trim(), "");
  sh("node-1", "ping -c 2 10.244.1.2");
  return net;
}

/** What the tool prints, without the comments that name its version and the time. */
const plain = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .join("\n");

describe("a lab with rules of iptables", () => {
  it("is the same after it was written as data, counters too", () => {
    const net = built();
    const before = ["iptables-save -c", "ip6tables-save", "ipset save"].map((command) =>
      plain(`${sh("node-1", command)}`),
    );
    assert.match(before[0]!, /\[2:168\] -A OUTPUT -p icmp/);
    const again = lab(JSON.parse(JSON.stringify(net.data())));
    again.use();
    assert.deepEqual(
      ["iptables-save -c", "ip6tables-save", "ipset save"].map((command) => plain(`${sh("node-1", command)}`)),
      before,
    );
    assert.deepEqual(again.data(), net.data());
  });

  it("names the line that iptables would not take", () => {
    const data = JSON.parse(JSON.stringify(built().data()));
    const { iptables } = data.nodes[0].namespaces[0];
    const at = iptables.findIndex((line: string) => line.includes("RELATED"));
    iptables[at] = iptables[at].replace("RELATED", "RELATIVE");
    assert.throws(() => lab(data), new RegExp(`nodes\\[0\\]\\.namespaces\\[0\\]\\.iptables\\[${at}\\].*RELATIVE`, "s"));
  });

  it("names the line that ipset would not take", () => {
    const data = JSON.parse(JSON.stringify(built().data()));
    data.nodes[0].namespaces[0].ipset[1] += " timeout x";
    assert.throws(() => lab(data), /namespaces\[0\]\.ipset\[1\].*'x' is invalid as number/s);
  });

  it("has the same rules and sets on a real machine", function () {
    if (
      process.getuid?.() !== 0 ||
      [
        ["iptables-save", "-V"],
        ["ipset", "version"],
      ].some(([tool, ask]) => spawnSync(tool!, [ask!]).status !== 0)
    ) {
      console.log("      skipped: needs root, iptables and ipset");
      return this.skip();
    }
    const script = `${built().script()}`;
    const env = { ...process.env, PREFIX: "pwr-" };
    execFileSync("sh", ["-s"], { input: script, env });
    try {
      const real = execFileSync("ip", ["netns", "exec", "pwr-node-1", "iptables-save"], { encoding: "utf8" });
      const own = `${sh("node-1", "iptables-save")}`;
      const rules = (text: string) =>
        plain(text)
          .split("\n")
          .filter((line) => line.startsWith("-A") || line.startsWith(":"))
          .map((line) => line.replace(/ \[\d+:\d+\]$/, ""))
          .sort();
      assert.deepEqual(rules(real), rules(own));
      const sets = (text: string) => timeless(text).split("\n").sort();
      const made = execFileSync("ip", ["netns", "exec", "pwr-node-1", "ipset", "save"], { encoding: "utf8" });
      assert.deepEqual(sets(made), sets(`${sh("node-1", "ipset save")}`));
    } finally {
      execFileSync("sh", ["-s", "down"], { input: script, env });
    }
  });
});
