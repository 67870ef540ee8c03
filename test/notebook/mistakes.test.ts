// What a student gets wrong: each mistake is one error that names the text and the mend, and changes nothing.
import { execFileSync } from "node:child_process";
import { assert } from "chai";
import { BadInput, cluster, kubectl, lab, predict, type ShownLab, sh, walk } from "../../lib/index.ts";
import { compileFailure } from "../../lib/jupyter/failure.ts";

function small(): ShownLab {
  const net = lab({ seed: "mistakes" });
  const node = net.node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  node.pod("web", { bridge: "cni0", address: "10.244.1.2/24", gateway: "10.244.1.1" });
  return net;
}

const node = (net: ShownLab) => net.machines.get("node-1")!;

/** The mistake, a word of the text it must name, and a word of the mend. */
const MISTAKES: readonly [string, (net: ShownLab) => unknown, RegExp, RegExp][] = [
  ["a node's name that is taken", (net) => net.node("node-1"), /"node-1"/, /names of their own/],
  ["a name with a space", (net) => net.node("my node"), /"my node"/, /letters, digits/],
  ["an empty name", (net) => net.node(""), /""/, /letters, digits/],
  [
    "a malformed address",
    (net) => node(net).pod("a", { bridge: "cni0", address: "10.244.1.256/24" }),
    /"10\.244\.1\.256"/,
    /0 to 255/,
  ],
  [
    "a prefix that is too long",
    (net) => node(net).pod("a", { bridge: "cni0", address: "10.244.1.3/33" }),
    /10\.244\.1\.3\/33/,
    /0 to 32/,
  ],
  [
    "an address without a length",
    (net) => node(net).pod("a", { bridge: "cni0", address: "10.244.1.3" }),
    /"10\.244\.1\.3"/,
    /10\.244\.1\.3\/24/,
  ],
  [
    "a bridge that is not there",
    (net) => node(net).pod("a", { bridge: "br0", address: "10.244.1.3/24" }),
    /"br0"/,
    /node\.bridge\("br0"\)/,
  ],
  [
    "a gateway on another network",
    (net) => node(net).pod("a", { bridge: "cni0", address: "10.244.1.3/24", gateway: "10.244.2.1" }),
    /10\.244\.2\.1/,
    /10\.244\.1\.0\/24/,
  ],
  ["an address without a cable", (net) => node(net).pod("a", { address: "10.244.1.3/24" }), /10\.244\.1\.3/, /bridge/],
  [
    "a bridge's name that is too long",
    (net) => node(net).bridge("a-very-long-bridge-name"),
    /a-very-long/,
    /15 characters/,
  ],
  ["a second bridge of one name", (net) => node(net).bridge("cni0"), /"cni0"/, /lo, cni0/],
  ["a cable to nowhere", (net) => net.cable("node-1", "eth0", "node-9", "eth0"), /"node-9"/, /node-1, web/],
  ["a cable to a device that exists", (net) => net.cable("web", "eth0", "node-1", "eth1"), /"eth0"/, /lo, eth0/],
  [
    "a cable with both ends of one name",
    (net) => net.cable("node-1", "eth0", "node-1", "eth0"),
    /"eth0"/,
    /name of its own/,
  ],
  ["a place that is not there", () => sh("wbe", "ping -c 1 10.244.1.1"), /"wbe"/, /node-1, web/],
  ["a container that is not there", () => sh("web/sidecar", "true"), /"web\/sidecar"/, /It has: app/],
  ["a command nobody knows", () => sh("web", "pnig 10.244.1.1"), /"pnig"/, /ping/],
  ["a shell loop", () => sh("web", "for i in 1 2; do ping -c $i 10.244.1.1; done"), /\$i/, /TypeScript/],
  ["a quote left open", () => sh("web", "echo 'hello"), /'hello/, /Close it/],
  ["sudo", () => sh("web", "sudo ip link"), /"sudo"/, /root here: leave it out/],
  [
    "a picture of a namespace that is not there",
    () => walk("web", "true").neighbours("wbe"),
    /"wbe"/,
    /There are node-1, web/,
  ],
  ["a walk without a command", () => walk("web", undefined as unknown as string), /undefined/, /ping -c 1/],
  ["kubectl where no cluster is", () => kubectl("get pods"), /"get pods"/, /cluster\(\{ nodes: 2 \}\)/],
  ["a plugin nobody knows", () => cluster({ cni: "flannel-vxlam" }), /"flannel-vxlam"/, /mean "flannel-vxlan"/],
  ["a lab from something else", () => lab({ nodes: 3 } as never), /./, /./],
];

describe("a student's mistakes", () => {
  for (const [title, make, text, mend] of MISTAKES) {
    it(`${title}: one error names it and its mend, and nothing changes`, () => {
      const net = small();
      const before = JSON.stringify(net.data());
      let error: unknown;
      try {
        make(net);
      } catch (thrown) {
        error = thrown;
      }
      assert.instanceOf(error, BadInput);
      assert.match((error as BadInput).message, text);
      assert.match((error as BadInput).message, mend);
      assert.equal(JSON.stringify(net.data()), before);
    });
  }

  it("a cluster that was refused leaves the verbs with the lab before", () => {
    small();
    assert.throws(() => cluster({ cni: "flannel" }), BadInput);
    assert.include(sh("web", "ip -br addr").out, "10.244.1.2");
  });

  it("a walk without a packet says what its command said", () => {
    small();
    const told = `${walk("node-1", "ping -c 1 192.0.2.1").story()}`;
    assert.equal(told, "Nothing happened.\nThe command printed:\nping: connect: Network is unreachable");
  });

  it("a number in quotes is a number, where one is asked for", () => {
    assert.isTrue(predict("frames?", "1", () => 1).ok);
    assert.isFalse(predict("frames?", "2", () => 1).ok);
    assert.isTrue(predict("state?", " down", () => "DOWN").ok);
  });

  it("an unknown command anywhere in a line stops the line before its first word runs", () => {
    const net = small();
    const before = JSON.stringify(net.data());
    assert.throws(() => sh("web", "ping -c 1 10.244.1.1; pnig"), BadInput);
    assert.equal(JSON.stringify(net.data()), before);
    assert.equal(net.now, 0);
  });

  it("there is no lab yet: the error says how to make one", () => {
    const index = new URL("../../lib/index.js", import.meta.url).href;
    const cell = `import(${JSON.stringify(index)}).then(({ sh }) => sh("web", "true")).catch(({ message }) => console.log(message))`;
    assert.match(execFileSync(process.execPath, ["-e", cell], { encoding: "utf8" }), /no lab yet.*lab\(\)/);
  });

  it("a name that nobody defined is asked after: was the cell run that does, are there quotes?", () => {
    const mendOf = (source: string, name: string) => {
      const place = { offset: 0, line: 0, character: 0 };
      const diagnostic = {
        start: place,
        end: place,
        messageText: `Cannot find name '${name}'.`,
        category: 1,
        code: 2304,
      };
      return compileFailure([diagnostic], source, "cell[1]").traceback.at(-1);
    };
    assert.match(mendOf('walk("web", "true")', "walk")!, /import \{ walk \} from "packetwalk"/);
    assert.match(mendOf('sh(web, "true")', "web")!, /"web" yet: run the cell .* quotes/);
    assert.match(mendOf("ip link", "ip")!, /%%sh/);
  });

  it("a prediction that differs in capitals only is right", () => {
    assert.isTrue(predict<string>("state?", "down", () => "DOWN").ok);
    assert.isFalse(predict<string>("state?", "up", () => "DOWN").ok);
  });

  it("a word that is nearly right is answered with the right one", () => {
    small();
    assert.throws(() => sh("wbe", "true"), /Did you mean "web"\?/);
    assert.throws(() => sh("web", "pnig"), /Did you mean "ping"\?/);
  });
});
