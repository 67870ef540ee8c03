// Rules of iptables in a lab's data and in its script.
import { strict as assert } from "node:assert";
import { execFileSync, spawnSync } from "node:child_process";
import { lab, sh } from "../../lib/index.ts";

const RULES = `iptables -P FORWARD DROP
iptables -N web
iptables -A FORWARD -p tcp --dport 80 -j web
iptables -A web -m comment --comment "it's the web" -m conntrack --ctstate NEW -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A OUTPUT -p icmp -j ACCEPT
iptables -t nat -A POSTROUTING -s 10.244.1.0/24 -j MASQUERADE
ip6tables -A INPUT -s 2001:db8::/32 -j DROP`;

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
    const before = ["iptables-save -c", "ip6tables-save"].map((command) => plain(`${sh("node-1", command)}`));
    assert.match(before[0]!, /\[2:168\] -A OUTPUT -p icmp/);
    const again = lab(JSON.parse(JSON.stringify(net.data())));
    again.use();
    assert.deepEqual(
      ["iptables-save -c", "ip6tables-save"].map((command) => plain(`${sh("node-1", command)}`)),
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

  it("refuses to leave a set out", () => {
    const net = built();
    sh("node-1", "ipset create evil hash:ip");
    assert.throws(() => net.data(), /sets are not carried.*"evil"/);
  });

  it("has the same rules on a real machine", function () {
    if (process.getuid?.() !== 0 || spawnSync("iptables-save", ["-V"]).status !== 0) {
      console.log("      skipped: needs root and iptables");
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
    } finally {
      execFileSync("sh", ["-s", "down"], { input: script, env });
    }
  });
});
