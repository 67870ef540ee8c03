// Virtual servers in a lab's data and in its script.
import { strict as assert } from "node:assert";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";

const SERVICES = `ipvsadm -A -t 192.0.2.10:80 -s sh -b sh-port -p 60 -M 255.255.255.0
ipvsadm -a -t 192.0.2.10:80 -r 10.0.0.2:8080 -m -w 3 -x 10 -y 5
ipvsadm -a -t 192.0.2.10:80 -r 10.0.0.3 -i --tun-type gue --tun-port 6080
ipvsadm -A -u 192.0.2.10:53 -s rr -o
ipvsadm -A -f 7 -s mh
ipvsadm -a -f 7 -r 10.0.0.4 -g
ipvsadm -A -t [2001:db8::10]:80 -s rr -p 60 -M 64
ipvsadm -a -t [2001:db8::10]:80 -r [2001:db8:1::2]:8080 -m -w 3
ipvsadm -a -t [2001:db8::10]:80 -r 10.0.0.5:80 -i
ipvsadm -A -t 192.0.2.10:81 -p 9 -M 255.0.255.0
ipvsadm -A -f 7 -6 -s wlc`;
const LISTINGS = ["ipvsadm -Ln --nosort", "ipvsadm -Ln --thresholds", "ipvsadm -Sn", "sysctl net.ipv4.vs.conntrack"];

describe("a lab with virtual servers", () => {
  const lab = new Lab();
  lab.node("director");
  const sh = (where: Lab, text: string) => runShell(where, place(where, "director"), text).text;
  assert.equal(sh(lab, `${SERVICES}\nsysctl -qw net.ipv4.vs.conntrack=1`), "");

  it("is the same after it was written as data, the order of servers too", () => {
    const again = labFrom(JSON.parse(JSON.stringify(labData(lab))));
    for (const listing of LISTINGS) assert.equal(sh(again, listing), sh(lab, listing));
  });

  it("gives its script the lines that ipvsadm -R reads", () => {
    const [, lines = ""] = /ipvsadm -R << 'SERVICES'\n(.*?)SERVICES/s.exec(labScript(lab)) ?? [];
    const other = new Lab();
    other.node("director");
    assert.equal(sh(other, `ipvsadm -R <<EOF\n${lines}EOF`), "");
    for (const listing of LISTINGS.slice(0, 3)) assert.equal(sh(other, listing), sh(lab, listing));
  });

  it("refuses a line that is none, with its place", () => {
    const data = JSON.stringify(labData(lab)).replace("-r 10.0.0.2:8080", "-r 10.0.0.2:x");
    assert.throws(
      () => labFrom(JSON.parse(data)),
      (error) => error instanceof BadInput && error.message.includes("ipvs[1]"),
    );
  });
});
