// What the pictures of network plugins say of real walks: which devices, how many octets around, which rule, which session.
import { expect } from "chai";
import { awsVpc, bgp, cluster, octetsBeside, rulesBeside, sh, type Walk, walk, wirings } from "../../lib/index.ts";
import type { CniPlugin } from "../../lib/kube/cni/plugin.ts";
import type { Pod } from "../../lib/kube/shapes.ts";

type Built = ReturnType<typeof cluster>;

function build(cni: string | CniPlugin): { k8s: Built; ip: (name: string) => string } {
  const k8s = cluster({ nodes: 2, cni, dns: false, proxy: "none", seed: "pictures" });
  const kubectl = k8s.client("kubectl");
  for (const [name, nodeName] of [
    ["client", "node-1"],
    ["web", "node-1"],
    ["db", "node-2"],
  ] as const) {
    const spec = { nodeName, containers: [{ name: "app", image: "echo" }] };
    kubectl.create("pods", "default", { metadata: { name }, spec });
    k8s.settle();
  }
  return { k8s, ip: (name) => (kubectl.get("pods", "default", name) as Pod).status!.podIP! };
}

function pinged(from: string, to: string): Walk {
  sh(from, `ping -c 1 ${to}`);
  return walk(from, `ping -c 1 ${to}`);
}

const rowsOf = (picture: { readonly scene: { readonly table: { readonly rows: readonly (readonly string[])[] } } }) =>
  picture.scene.table.rows;

/** Octets around, and the devices of node-1, as each plugin's documentation has them. */
const PLUGINS: Readonly<Record<string, readonly [around: number, devices: RegExp]>> = {
  "flannel-host-gw": [0, /^veth\w{8} cni0 eth0$/],
  "flannel-vxlan": [50, /^veth\w{8} cni0 flannel\.1 eth0$/],
  "flannel-udp": [28, /^veth\w{8} cni0 flannel0 eth0$/],
  "calico-bgp": [0, /^cali\w{11} eth0$/],
  "calico-ipip": [20, /^cali\w{11} tunl0 eth0$/],
  "calico-vxlan": [50, /^cali\w{11} vxlan\.calico eth0$/],
  weave: [50, /^vethwepl\w{7} vethwe-bridge vethwe-datapath eth0$/],
  "weave-sleeve": [62, /^vethwepl\w{7} vethwe-bridge vethwe-pcap eth0$/],
};

describe("pictures of network plugins", function () {
  this.timeout(20_000);

  for (const [cni, [around, devices]] of Object.entries(PLUGINS))
    it(`show what ${cni} puts around a packet, and by which devices it goes`, () => {
      const { ip } = build(cni);
      const far = pinged("web", ip("db"));
      const octets = rowsOf(octetsBeside({ far })).map(([, at = "", header = "", length]) => ({ at, header, length }));
      const put = rowsOf(octetsBeside({ far })).filter((row) => row[4] === "yes");
      const own = octets.filter(({ header }) => header === "Eth").length === 1 && put.length > 0 ? 14 : 0;
      expect(put.reduce((sum, row) => sum + Number(row[3]), 0) - own).to.equal(around);
      expect(octets.at(-1)).to.include({ header: "data", length: "56" });
      const way = rowsOf(wirings({ far }));
      const onNode = way.filter(([, , netns]) => netns === "node-1").map(([, , , device]) => device);
      expect(onNode.join(" ")).to.match(devices);
      expect(way.at(-1)!.slice(2, 4)).to.deep.equal(["db", "eth0"]);
    });

  it("follow a packet whose source NAT changes", () => {
    build(awsVpc({ instanceType: "t3.micro" }));
    const way = rowsOf(wirings({ outside: pinged("web", "203.0.113.10") }));
    expect(way.map(([, , netns]) => netns)).to.include.members(["web", "node-1", "vpc", "internet"]);
    const address = sh("node-1", "ip -o -4 addr show eth0").out.split(/[ /]+/)[3];
    expect(way.find(([, , netns]) => netns === "node-1")!.at(-1)).to.equal(address);
  });

  it("say which rule of a node found the table, for each packet", () => {
    const { ip } = build(awsVpc({ instanceType: "t3.micro" }));
    const walks = {
      near: pinged("web", ip("client")),
      far: pinged("web", ip("db")),
      out: pinged("web", "203.0.113.10"),
    };
    const rows = rowsOf(rulesBeside("node-1", walks));
    const found = (column: number) => rows.find((row) => row[column]?.endsWith(": found"))![0];
    expect([found(1), found(2), found(3)]).to.deep.equal([
      `512: from all to ${ip("client")} lookup main`,
      `1536: from ${ip("web")} lookup 2`,
      "1024: from all fwmark 0x80/0x80 lookup main",
    ]);
    expect(rows.at(-1)!.slice(2)).to.deep.equal(["default via 10.0.96.1 dev eth1", "default via 10.0.96.1 dev eth0"]);
  });

  it("have a session between each two speakers, and for each block a route", () => {
    const { k8s } = build("calico-bgp");
    const rows = rowsOf(bgp(k8s));
    expect(rows).to.have.lengthOf(3);
    for (const [, , , sessions] of rows) expect(sessions!.match(/Established/g)).to.have.lengthOf(2);
    expect(rows[0]![4]!.match(/ via /g)).to.have.lengthOf(2);
    expect(bgp(k8s).log("node-1").text).to.match(
      /received {2}192\.168\.0\.12 {5}UPDATE \S+\/26 by next hop 192\.168\.0\.12/,
    );
    expect(() => bgp(build("flannel-vxlan").k8s)).to.throw(/no node of this cluster speaks BGP/);
  });
});
