// `packetwalk proxy` on the command line: what it prints, and how it refuses.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { readAskedPacket } from "../../../lib/kube/proxy/asked-packet.ts";
import { readObjects } from "../../../lib/kube/proxy/objects.ts";

const MAIN = resolve(import.meta.dirname, "../../../lib/cli/main.js");

const OBJECTS = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop}
  spec: {clusterIP: 172.30.0.41, ports: [{name: p80, port: 80, protocol: TCP}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: not-its-business}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-a, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints:
- addresses: [10.180.0.1]
- addresses: [10.180.0.2]
ports: [{name: p80, port: 8080, protocol: TCP}]
`;

describe("packetwalk proxy", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "packetwalk-proxy-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const ask = (objects: string, ...args: string[]) => {
    const file = join(folder, "objects.yaml");
    writeFileSync(file, objects);
    const words = [MAIN, "proxy", "--mode", "iptables", "--objects", file, "--node", "n1", "--node-ips", "192.168.0.2"];
    const { stdout, stderr, status } = spawnSync(process.execPath, [...words, ...args], { encoding: "utf8" });
    return { stdout, stderr: stderr.replaceAll(folder, ""), status };
  };

  it("answers packet by packet", () => {
    const packet = "tcp 10.0.0.2:1234 > 172.30.0.41:80";
    const { stdout, status } = ask(OBJECTS, "--cluster-cidr", "10.0.0.0/8", "--packet", packet, "--json");
    assert.equal(status, 0);
    const destinations = ["10.180.0.1:8080", "10.180.0.2:8080"];
    assert.deepEqual(JSON.parse(stdout), { packet, destinations, verdict: "none", masquerade: false });
    const masqueraded = ask(OBJECTS, "--masquerade-all", "--packet", packet, "--packet", packet, "--json").stdout;
    assert.deepEqual(
      masqueraded
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).masquerade),
      [true, true],
    );
  });

  it("prints what is handed to iptables-restore", () => {
    const { stdout } = ask(OBJECTS, "--rules");
    assert.match(stdout, /^\*filter\n[\s\S]*-d 172\.30\.0\.41 --dport 80 -j KUBE-SVC-[A-Z2-7]{16}\n[\s\S]*COMMIT\n$/);
  });

  it("refuses what it does not know, and changes nothing", () => {
    const windows = ask(OBJECTS, "--mode", "winkernel", "--rules");
    assert.match(windows.stderr, /--mode is userspace, iptables, ipvs, nftables, not "winkernel"/);
    const nothing = ask(OBJECTS);
    assert.match(nothing.stderr, /prints --rules, or answers --packet/);
    for (const { stdout, stderr, status } of [windows, nothing]) {
      assert.deepEqual([stdout, status], ["", 2]);
      assert.equal(stderr.trim().split("\n").length, 1);
    }
  });

  const REFUSALS: readonly (readonly [name: string, objects: string, words: RegExp])[] = [
    ["an unfinished document", "kind: [", /^objects\.yaml, line 1, column \d+: /],
    ["no object", "just words", /^objects\.yaml, the document: an object is expected here: "just words"/],
    [
      "an unknown kind",
      OBJECTS.replace("kind: Service", "kind: Servce"),
      /document 1, item 1: not a kind that is known: "Servce"/,
    ],
    [
      "a port that is none",
      OBJECTS.replace("port: 80,", "port: 80000,"),
      /document 1, item 1 \(Service shop web\): spec\.ports\[0\]\.port is a number from 1 to 65535: "80000"/,
    ],
    [
      "an address that is none",
      OBJECTS.replace("10.180.0.2", "10.180.0.256"),
      /document 2 \(EndpointSlice shop web-a\): endpoints\[1\]\.addresses\[0\] is not an address: "10.180.0.256"/,
    ],
    [
      "an object twice",
      `${OBJECTS}---\n${OBJECTS}`,
      /document 3, item 1: this object stands there twice: "Service shop web"/,
    ],
  ];
  for (const [name, objects, words] of REFUSALS)
    it(`refuses ${name}, with file and place`, () => {
      assert.throws(() => readObjects(objects, "objects.yaml"), { name: "BadInput", message: words });
    });

  it("refuses a packet that is none", () => {
    const words = /"10\.0\.0\.2" is not an address with its port/;
    assert.throws(() => readAskedPacket("tcp 10.0.0.2 > 172.30.0.41:80"), { name: "BadInput", message: words });
  });
}).timeout(20000);
