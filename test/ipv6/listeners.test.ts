// What hosts tell of their groups, as a capture on Linux 6.18 showed it of these commands; and errors to oneself.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { mac } from "../../lib/wire/mac.ts";
import { mldRecords } from "../../lib/wire/mld.ts";
import { ICMP6 } from "../../lib/wire/packet.ts";

/** Two machines on a cable, and what each says by it: reports, and questions for routers. */
function twoMachines() {
  const lab = new Lab({ seed: "groups", ipv6: true });
  const said: Record<string, string[]> = { a: [], b: [] };
  for (const name of ["a", "b"]) lab.node(name);
  lab.addVeth({ ns: lab.netns("a"), name: "eth0" }, { ns: lab.netns("b"), name: "eth0" });
  for (const [name, own] of [
    ["a", "ee:4b:0d:6e:8e:ed"],
    ["b", "ee:65:af:64:ce:98"],
  ] as const) {
    const device = lab.netns(name).devices.get("eth0")!;
    device.mac = mac(own);
    device.taps = [
      ({ payload }, direction) => {
        if (direction === "in" || payload.kind !== "ipv6" || payload.body.kind !== "icmp6") return;
        const { src, body } = payload;
        const who = src.isUnspecified ? "::" : "own";
        if (body.type === ICMP6.routerSolicitation) said[name]!.push(`${who} asks`);
        const records = body.type === ICMP6.mldReport ? mldRecords(body)! : null;
        if (records !== null)
          said[name]!.push(
            [who, ...records.map(({ type, group }) => `${group} ${["", "", "", "in", "ex"][type]}`)].join(" "),
          );
      },
    ];
  }
  const run = (name: string, line: string, seconds: number) => {
    const { text } = runShell(lab, place(lab, name), line);
    lab.runFor(seconds * SECOND);
    return text;
  };
  return { lab, said, run };
}

describe("listeners of groups", () => {
  it("tell of each change twice, in nobody's name until they have one, the newest group first", () => {
    const { said, run } = twoMachines();
    run("a", "ip link set eth0 up", 0);
    run("b", "ip link set eth0 up", 8);
    run("a", "ip addr add fd00::1/64 dev eth0", 3);
    run("b", "sysctl -w net.ipv6.conf.all.forwarding=1", 3);
    run("a", "ip addr del fd00::1/64 dev eth0", 3);
    run("a", "ip link set eth0 down", 2);
    run("a", "ip link set eth0 up", 3);
    const twice = (line: string) => [line, line];
    const reports = (name: string) => said[name]!.filter((line) => !line.endsWith("asks"));
    expect(reports("a")).to.deep.equal([
      ...twice(":: ff02::1:ff6e:8eed ex"),
      ...twice("own ff02::1:ff6e:8eed ex"),
      ...twice("own ff02::1:ff00:1 ex ff02::1:ff6e:8eed ex"),
      ...twice("own ff02::1:ff00:1 in"),
      ...twice(":: ff02::1:ff6e:8eed ex"),
      ...twice("own ff02::1:ff6e:8eed ex"),
    ]);
    expect(reports("b")).to.deep.equal([
      ...twice(":: ff02::1:ff64:ce98 ex"),
      ...twice("own ff02::1:ff64:ce98 ex"),
      ...twice("own ff02::1:ff00:0 ex ff05::2 ex ff02::2 ex"),
      ...twice("own ff02::1:ff00:0 ex ff05::2 ex ff02::2 ex ff02::1:ff64:ce98 ex"),
    ]);
  });

  it("ask for routers less and less often, and a router does not", () => {
    const { said, run } = twoMachines();
    run("b", "sysctl -w net.ipv6.conf.all.forwarding=1", 0);
    run("a", "ip link set eth0 up", 0);
    run("b", "ip link set eth0 up", 35);
    const asked = (name: string) => said[name]!.filter((line) => line === "own asks").length;
    // After 1, about 5, 13 and 30 seconds.
    expect([asked("a"), asked("b")]).to.deep.equal([4, 0]);
  });
});

describe("errors of IPv6 to oneself", () => {
  it("from ::1 to ::1 go by no device of the link", () => {
    const { lab, run } = twoMachines();
    run("a", "ip link set eth0 up", 0);
    run("b", "ip link set eth0 up", 3);
    run("a", "ip -6 addr flush dev eth0; ip -6 route add fd00:1::/64 dev eth0", 0);
    expect(run("a", "ping -c 1 -W 4 fd00:1::1", 1)).to.contain("From ::1");
    expect(lab.netns("a").ipv6.mib.icmpOut[ICMP6.unreachable]).to.equal(1);
  });

  it("about a network of lo: nobody has such an address", () => {
    const { run } = twoMachines();
    run("a", "ip addr add fd00:9::1/64 dev lo", 0);
    expect(run("a", "ping -c 1 -W 1 fd00:9::5", 0)).to.contain(
      "From fd00:9::1 icmp_seq=1 Destination unreachable: No route",
    );
  });
});
