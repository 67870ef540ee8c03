// -m nfacct and the tool nfacct say and count what the real ones do.
import { strict as assert } from "node:assert";
import { lab, sh } from "../../../lib/index.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { askReal, LINES, recorded, type Said, whyNot } from "./script.ts";

function ours(): Said[] {
  const net = new Lab({ seed: "nfacct", ipv6: true });
  net.node("n").iptables = { version: "1.8.9", backEnd: "nft" };
  return LINES.map((line) => {
    const { text, status } = runShell(net, place(net, "n"), line);
    return { line, status, text };
  });
}

describe("nfacct", () => {
  it("says what a recorded one said", () => assert.deepEqual(ours(), recorded()));

  it("says what this machine's says", function () {
    const why = whyNot();
    if (why !== null) {
      console.log(`      left out: ${why}`);
      this.skip();
    }
    assert.deepEqual(askReal(), recorded());
  }).timeout(30_000);

  it("is carried in data, and made by the script", () => {
    const net = lab({ seed: "nfacct" });
    net.node("n");
    sh("n", "nfacct add 'a b'; nfacct add q packet 3; iptables -A INPUT -m nfacct --nfacct-name 'a b' -j DROP");
    const list = () => `${sh("n", "nfacct list; iptables -S INPUT")}`;
    const before = list();
    assert.match(`${net.script()}`, /nfacct add 'a b'\n.*nfacct add q packet 3\n/);
    lab(JSON.parse(JSON.stringify(net.data())));
    assert.equal(list(), before);
  });
});
