// An API server lives long: Events end by themselves, and its log turns over.
import { expect } from "chai";
import { Journal } from "../../lib/kube/api/journal.ts";
import { cluster } from "../../lib/kube/cluster.ts";

describe("what an API server forgets", () => {
  it("an Event is gone an hour after the last word of it, and who watches is told", () => {
    const { server, lab, client } = bare();
    const reasons = () => server.store.list("/registry/events", "/registry/events/").map((each) => reasonOf(each));
    expect(reasons()).to.include("NodeReady");
    const told: string[] = [];
    const { revision } = server.store;
    const started = server.store
      .list("/registry/events", "/registry/events/")
      .find((each) => reasonOf(each) === "Starting")!;
    lab.runFor(1800e9);
    client.patch("events", started, { count: 2 });
    server.watch("a test", client.resource("events"), { revision }, ({ type, object }) =>
      told.push(`${type} ${reasonOf(object)}`),
    );
    lab.runFor(1900e9);
    expect(reasons()).to.deep.equal(["Starting"]);
    lab.runFor(1800e9);
    expect(reasons()).to.deep.equal([]);
    expect(told).to.include("DELETED NodeReady").and.include("DELETED Starting");
  });

  it("a journal keeps the latest, and counts all", () => {
    const journal = new Journal<number>();
    for (let i = 0; i < 1_000_000; i++) journal.push(i);
    expect(journal.length).to.equal(1_000_000);
    expect(journal.slice(999_998)).to.deep.equal([999_998, 999_999]);
    expect(journal.slice(0).length).to.be.within(100_000, 200_000);
  });
});

const reasonOf = (event: object): string => (event as { readonly reason: string }).reason;

function bare() {
  const k8s = cluster({ nodes: 1, proxy: "none" });
  return { server: k8s.server, lab: k8s.lab, client: k8s.client("a test") };
}
