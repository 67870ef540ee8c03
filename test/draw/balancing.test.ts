// What the pictures for lectures on balancing say is what the frames say: ways there and back, headers side by side,
// who wins an ARP question; and a proxy hands requests on by host and path.
import { expect } from "chai";
import { bars, headersBeside, lab, proxy, type ShownLab, serve, sh, type Walk, walk } from "../../lib/index.ts";

/** A client, a director and two real servers on one switch; the servers answer for the virtual address, or not. */
function cluster(letter: "g" | "m", isQuiet = true): ShownLab {
  const net = lab({ seed: "pictures of balancing" });
  for (const name of ["client", "director", "a", "b"]) net.node(name);
  net.switch("lan", ["director", "a", "b"]);
  net.switch("far", ["client"]);
  net.wire("far", "uplink", "director", "eth1");
  sh("far", "ip link set uplink master sw0");
  sh("client", "ip addr add 10.1.0.9/24 dev eth0; ip route add default via 10.1.0.1");
  sh("director", "ip addr add 10.1.0.1/24 dev eth1; ip addr add 10.0.0.1/24 dev eth0; sysctl -w net.ipv4.ip_forward=1");
  sh("director", "ip addr add 10.1.0.100/32 dev eth1; ipvsadm -A -t 10.1.0.100:80 -s rr");
  for (const [i, name] of ["a", "b"].entries()) {
    sh(name, `ip addr add 10.0.0.1${i}/24 dev eth0; ip route add default via 10.0.0.1`);
    if (isQuiet) sh(name, "sysctl -w net.ipv4.conf.all.arp_ignore=1");
    sh(name, "ip addr add 10.0.0.100/32 dev lo");
    sh("director", `ipvsadm -a -t 10.1.0.100:80 -r 10.0.0.1${i}${letter === "m" ? ":8080" : ""} -${letter}`);
    serve(name, 8080);
  }
  return net;
}

const columnOf = ({ scene: { table } }: ReturnType<Walk["roundTrip"]>, name: string): (string | undefined)[] =>
  table.rows.map((row) => row[table.columns.indexOf(name)]);

describe("pictures of balancing", () => {
  it("number the way there and back, and leave switches out", () => {
    cluster("m");
    const way = walk("client", "curl -s http://10.1.0.100/").roundTrip();
    expect(columnOf(way, "from")).to.deep.equal(["client", "director", "b", "director"]);
    expect(columnOf(way, "to")).to.deep.equal(["director", "b", "director", "client"]);
    expect(columnOf(way, "direction")).to.deep.equal(["there", "there", "back", "back"]);
    expect(columnOf(way, "packet")[1]).to.match(/^10\.1\.0\.9:\d+ > 10\.0\.0\.11:8080 ttl 63$/);
  });

  it("end where the packet ended, and say why", () => {
    cluster("g");
    const { scene } = walk("client", "curl -s -m 1 http://10.1.0.100/").roundTrip();
    expect(scene.desc).to.match(/Lost at b: 10\.1\.0\.100 is not an address of this namespace/);
    expect(scene.table.rows).to.have.length(2);
  });

  it("go round in circles no longer than a reader can follow", () => {
    cluster("g");
    for (const name of ["a", "b"]) sh(name, "sysctl -w net.ipv4.ip_forward=1");
    const { scene } = walk("client", "curl -s -m 1 http://10.1.0.100/").roundTrip();
    expect(scene.table.rows).to.have.length(7);
    expect(scene.shapes.some((shape) => shape.shape === "text" && shape.text === "and so on")).to.equal(true);
    expect(scene.desc).to.match(/Lost at \w+: TTL 1 would become 0/);
  });

  it("refuse a place that is none", () => {
    cluster("m");
    const way = walk("client", "curl -s http://10.1.0.100/");
    expect(() => way.roundTrip({ client: [0, Number.NaN] })).to.throw("not a place");
    expect(() => way.roundTrip({ client: [-1, 0] })).to.throw("not a place");
  });

  it("frame what a hop changed", () => {
    cluster("m");
    const { scene } = headersBeside({ NAT: walk("client", "curl -s http://10.1.0.100/") });
    const at = scene.table.columns.indexOf("changed");
    expect(scene.table.rows.map((row) => row[at])).to.deep.equal(["", "MAC dst ttl", "", "MAC src ttl"]);
  });

  it("tell who was heard first and who was believed", () => {
    cluster("m", false);
    const { scene } = walk("director", "ping -c 1 -W 1 10.0.0.100").race();
    expect(scene.table.rows.map((row) => [row[1], row[5]])).to.deep.equal([
      ["b", "believed"],
      ["a", "too late: not believed"],
    ]);
  });

  it("give bars one scale", () => {
    const { scene } = bars("packets", { in: { a: 10, b: 5 }, out: { a: 0, b: 10 } });
    const widths = scene.shapes.flatMap((shape) => (shape.shape === "box" && shape.ink === "lit" ? [shape.w] : []));
    expect(widths).to.have.length(3);
    expect(widths[0]).to.equal(widths[2]);
    expect(widths[0]).to.be.closeTo(2 * widths[1]!, 1e-9);
  });
});

describe("a proxy", () => {
  const ask = (text: string) => sh("client", `curl -s ${text}`).out.trim();

  it("picks by host and path, and tells the server who asked", () => {
    cluster("m");
    const reply = ({ headers }: { headers: ReadonlyMap<string, string> }) => `for ${headers.get("x-forwarded-for")}`;
    serve("a", 81, { reply });
    proxy("director", 8000, [
      { path: /\.png$/, to: "10.0.0.10:8080" },
      { host: "shop.example", to: "10.0.0.10:81" },
      { path: /^\/(cart|pay)/, to: "10.0.0.11:8080" },
      { path: /^\/dead/, to: "10.0.0.11:9" },
    ]);
    expect(ask("http://10.1.0.1:8000/x.png")).to.match(/^a saw client 10\.0\.0\.1:/);
    expect(ask("http://10.1.0.1:8000/cart")).to.match(/^b saw client 10\.0\.0\.1:/);
    expect(ask("-H 'Host: shop.example' http://10.1.0.1:8000/")).to.equal("for 10.1.0.9");
    expect(ask("-H 'Host: shop.example' -H 'X-Forwarded-For: 192.0.2.1' http://10.1.0.1:8000/")).to.equal(
      "for 192.0.2.1, 10.1.0.9",
    );
    expect(ask("http://10.1.0.1:8000/else")).to.equal("404 Not Found");
    expect(ask("http://10.1.0.1:8000/dead")).to.equal("502 Bad Gateway");
  });

  it("is refused where it cannot be", () => {
    cluster("m");
    expect(() => proxy("director", 8000, [{ to: "10.0.0.10" }])).to.throw("not an address with a port");
    proxy("director", 8000, []);
    expect(() => proxy("director", 8000, [])).to.throw("cannot listen");
    expect(() => serve("a", 8080)).to.throw("cannot listen");
    expect(() => serve("nobody", 80)).to.throw("no node, pod or namespace");
  });
});
