// Addresses with peers, metrics and lifetimes: a lab's data and its script carry them, and they end at their second.
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { place, runShell } from "../../lib/tools/shell.ts";

const MAKE = `
ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up
ip addr add 10.0.0.1 peer 10.0.0.2/24 dev d0
ip addr add 10.0.0.3 peer 10.0.0.9/24 dev d0
ip addr add 10.8.0.4/16 metric 50 noprefixroute dev d0
ip addr add 10.7.0.4/16 valid_lft 100 preferred_lft 50 dev d0
ip addr add 10.7.1.4/24 preferred_lft 0 dev d0
sleep 20`;

const say = (lab: Lab, line: string) => runShell(lab, place(lab, "node"), line).text;

describe("addresses with peers, metrics and lifetimes", () => {
  const lab = new Lab();
  lab.node("node");
  runShell(lab, place(lab, "node"), MAKE);

  it("are in a lab's data, with the seconds that are left", () => {
    const again = labFrom(JSON.parse(JSON.stringify(labData(lab))));
    for (const line of ["ip addr", "ip route show table all"]) expect(say(again, line)).to.equal(say(lab, line));
    expect(say(again, "ip addr")).to.contain("valid_lft 80sec preferred_lft 30sec");
    expect(say(again, "sleep 81; ip addr")).not.to.contain("10.7.0.4");
  });

  it("are in its script", () => {
    const script = labScript(lab);
    for (const words of [
      "10.0.0.1 peer 10.0.0.2/24 dev d0",
      "10.8.0.4/16 dev d0 noprefixroute metric 50",
      "10.7.0.4/16 dev d0 valid_lft 80 preferred_lft 30",
      "10.7.1.4/24 dev d0 preferred_lft 0",
    ])
      expect(script).to.contain(`addr add ${words}`);
  });
});
