// What `explain` says of Services is what the objects promise, from dumps of a node under each mode of kube-proxy; and of
// what real tools printed of rules as kube-proxy writes them.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { addressOf, hostPort } from "../../lib/kube/proxy/address.ts";
import { DEFAULTS } from "../../lib/kube/proxy/settings.ts";
import { makeProxier, type ProxyMode } from "../../lib/kube/proxy/start.ts";
import { Tracker } from "../../lib/kube/proxy/tracker.ts";
import { WalkedNode } from "../../lib/kube/proxy/walk.ts";
import { explain, type MachineFiles } from "../../lib/notebook/explain.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { type CaseSettings, proxyCase, type State } from "../kube/proxy/cases.ts";
import { expected, expectedOfIpvs, expectedOfNftables, flowsOf, serviceAt } from "../kube/proxy/semantics.ts";
import { WAYS } from "./node.ts";

const recorded = (file: string) => readFileSync(new URL(`../../../test/${file}`, import.meta.url), "utf8");
const SAVED = recorded("netfilter/text/goldens/kube-proxy.nft.txt");
const NFT = recorded("explain/goldens/kube-proxy.nft");

const TOOLS = {
  iptables: "iptables-save",
  ip6tables: "ip6tables-save",
  ipset: "ipset save",
  ipvsadm: "ipvsadm -Sn",
  nft: "nft list ruleset",
  addr: "ip addr",
  sysctl: "sysctl -a",
};

/** What the tools print on a node where this kube-proxy runs. */
function dumps(state: State, settings: CaseSettings, mode: ProxyMode): MachineFiles {
  const tracker = new Tracker(settings.Family, settings.Node);
  for (const each of state.Services) tracker.setService(`${each.metadata.namespace}/${each.metadata.name}`, each);
  for (const each of state.Slices) tracker.setSlice(each, false);
  const node = new WalkedNode(
    settings.Family,
    settings.NodeAddresses.map((each) => addressOf(each)!),
  );
  const own = {
    ...DEFAULTS,
    family: settings.Family,
    masqueradeAll: settings.MasqueradeAll,
    localhostNodePorts: settings.LocalhostNodePorts,
    nodePortAddresses: settings.NodePortAddresses,
    local: settings.ClusterCIDR === "" ? null : { by: "source" as const, cidr: settings.ClusterCIDR },
    nodeIP: addressOf(settings.NodeIP)!,
  };
  makeProxier(mode, { lab: node, ns: node.ns }, tracker, own, { node: settings.Node, zone: settings.Zone }).sync();
  const out = (line: string) => runShell(node, place(node, "node"), line).out;
  const files = Object.entries(TOOLS).map(([name, line]) => [name, out(line)] as const);
  const used = files.filter(([name, text]) => text.trim() !== "" && (name !== "ipvsadm" || mode === "ipvs"));
  const objects = JSON.stringify({ kind: "List", apiVersion: "v1", items: state.Services });
  return { ...Object.fromEntries(used), route: out(`ip -${settings.Family} route show table all`), objects };
}

/** Virtual servers of SCTP are not modelled. */
const withoutSctp = ({ Services, Slices }: State): State => ({
  Services: Services.map((each) => {
    const ports = (each.spec.ports ?? []).filter(({ protocol }) => protocol !== "SCTP");
    return { ...each, spec: { ...each.spec, ports } };
  }),
  Slices,
});

const PROMISES = { iptables: expected, ipvs: expectedOfIpvs, nftables: expectedOfNftables };

describe("explain of a node with kube-proxy", () => {
  for (const mode of ["iptables", "ipvs", "nftables"] as const)
    it(`names Service, endpoints and source in ${mode} mode as the objects promise`, () => {
      let told = 0;
      let masqueraded = 0;
      const [first = "0", count = "6"] = (process.env.CASES ?? "").split("+").filter((each) => each !== "");
      for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
        const { Settings, Steps } = proxyCase(`${seed}`);
        if (Settings.Family === 6) continue;
        const state = withoutSctp(Steps.at(-1)!);
        const files = dumps(state, Settings, mode);
        const flows = flowsOf(state, Settings).filter(({ src }) => !Settings.NodeAddresses.includes(src));
        for (const flow of flows) {
          const should = PROMISES[mode](state, Settings, flow);
          if (should === null || should.destinations.length === 0) continue;
          const packet = `in eth0 ${flow.protocol} ${hostPort(flow.src, 4321)} > ${hostPort(flow.dst, flow.port)}`;
          const { service } = explain(files, packet);
          const where = `seed ${seed}: ${packet}`;
          assert.ok(service !== null, where);
          assert.equal(service.service, serviceAt(state, Settings, flow), where);
          assert.ok(should.destinations.includes(service.endpoint!), where);
          const among = service.candidates.map(({ endpoint }) => endpoint);
          assert.deepEqual(among.sort(), [...should.destinations].sort(), where);
          const isHairpin = service.endpoint!.startsWith(`${flow.src}:`);
          const others = should.destinations.some((each) => each.startsWith(`${flow.src}:`)) && !isHairpin;
          if (!others) assert.equal(service.source.after !== service.source.before, should.masquerade, where);
          assert.notEqual(service.source.because, "");
          told++;
          if (should.masquerade) masqueraded++;
        }
      }
      if (process.env.CASES !== undefined) console.log(`${told} flows, ${masqueraded} masqueraded`);
      assert.ok(told > 20 && masqueraded > 5, `${told} flows, ${masqueraded} masqueraded`);
    }).timeout(30_000);

  it("reads what real tools printed of kube-proxy's rules: the same answer from iptables-save and from nft", () => {
    const asked = ["203.0.113.2:1 > 172.30.0.44:80", "10.0.0.9:1 > 172.30.0.42:80", "203.0.113.9:1 > 192.168.0.2:3003"];
    for (const words of asked) {
      const packet = `in eth0 tcp ${words}`;
      const [one, other] = [explain({ iptables: SAVED, ...WAYS }, packet), explain({ nft: NFT, ...WAYS }, packet)];
      assert.equal(one.service!.service, other.service!.service);
      assert.deepEqual(one.service!.candidates, other.service!.candidates);
      assert.equal(one.service!.source.after === one.service!.source.before, words.startsWith("10."));
      for (const each of [one, other])
        assert.deepEqual(new Set(Object.values(each.service!.chains)), new Set([each.service!.service]));
    }
  });

  it("says who is refused, and which packets are nobody's", () => {
    for (const files of [{ iptables: SAVED }, { nft: NFT }]) {
      const refused = explain({ ...files, ...WAYS }, "in eth0 tcp 203.0.113.2:1 > 172.30.0.46:80");
      assert.equal(refused.service!.service, "ns6/svc6:p80");
      assert.equal(refused.service!.endpoint, null);
      assert.equal(refused.fate, "dropped");
      const none = explain({ ...files, ...WAYS }, "in eth0 tcp 203.0.113.2:1 > 10.180.0.3:80");
      assert.equal(none.service, null);
      assert.match(none.story().text, /Service {3}none: no rule of kube-proxy is about it/);
    }
  });

  it("reads rules that count on accounts, as kube-proxy has them since 1.33", () => {
    const iptables = SAVED.replace(
      "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
      "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP",
    );
    assert.notEqual(iptables, SAVED);
    const told = explain({ iptables, ...WAYS }, "in eth0 tcp 203.0.113.2:1 > 172.30.0.44:80");
    assert.equal(told.service!.service, "ns4/svc4:p80");
  });

  it("does not believe a comment whose hash is another's", () => {
    const iptables = SAVED.replaceAll("ns4/svc4", "ns9/other");
    const told = explain({ iptables, ...WAYS }, "in eth0 tcp 203.0.113.2:1 > 172.30.0.44:80").service!;
    assert.match(told.service!, /^ns9\/other:p80 \(by comment/);
  });

  it("reads tables of iptables only once, and names the line that nft does not understand", () => {
    const twice = `table ip nat {\n\tchain X {\n\t\tnonsense\n\t}\n}\n${NFT}`;
    const told = explain({ iptables: SAVED, nft: twice, ...WAYS }, "in eth0 tcp 203.0.113.2:1 > 172.30.0.44:80");
    assert.ok(told.assumed.includes("table ip nat of nft is what iptables-save shows"));
    assert.throws(
      () => explain({ nft: twice, ...WAYS }, "in eth0 tcp 1.2.3.4:1 > 1.2.3.5:80"),
      /nft, line 3: .*nonsense/,
    );
  });

  it("has the answer in --json, and names of Services from --objects", () => {
    const folder = mkdtempSync(join(tmpdir(), "explain-"));
    const main = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));
    const { Settings, Steps } = proxyCase("3");
    const state = withoutSctp(Steps[0]!);
    const files = dumps(state, Settings, "ipvs");
    const flow = flowsOf(state, Settings).find(
      (each) => (expectedOfIpvs(state, Settings, each)?.destinations.length ?? 0) > 0,
    )!;
    const args = ["--packet", `in eth0 ${flow.protocol} 203.0.113.2:9 > ${flow.dst}:${flow.port}`];
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text as string);
      args.push(`--${name}`, join(folder, name));
    }
    const run = (...more: string[]) =>
      spawnSync(process.execPath, [main, "explain", ...args, ...more], { encoding: "utf8" });
    const { stdout, stderr } = run("--json");
    assert.equal(JSON.parse(stdout || stderr).service.service, serviceAt(state, Settings, flow));
    assert.match(run().stdout, /^Service {3}\S+: (TCP|UDP) \S+ rr is a virtual server/m);
    rmSync(folder, { recursive: true });
  });
});
