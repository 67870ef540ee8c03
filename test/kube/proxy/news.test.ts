import { deepEqual } from "node:assert/strict";
import { describe, it } from "mocha";
import { cluster } from "../../../lib/kube/cluster.ts";
import { type NewsReader, ProxyNews } from "../../../lib/kube/proxy/news.ts";

const k8s = cluster({ nodes: 1, proxy: "none", seed: "news" });
const kubectl = k8s.client("kubectl");
const make = (name: string) =>
  kubectl.create("services", "default", { metadata: { name }, spec: { ports: [{ port: 80 }] } });
const taken = (reader: NewsReader) =>
  [...reader.take(reader.end)].map(({ now, before }) => `${before?.metadata.name} ${now?.metadata.name}`);

describe("what kube-proxies hear", () => {
  it("is kept once, each takes in all of it, and nobody is told again what its list has", () => {
    const news = new ProxyNews(4);
    const woken: string[] = [];
    const join = (name: string) => {
      const reader = news.join(k8s.client(`kube-proxy/${name}`), () => woken.push(name));
      reader.sleep();
      return reader;
    };
    const early = join("early");
    const web = make("web");
    const late = join("late");
    k8s.lab.run();
    deepEqual(woken, ["early"], "the list of the late one has it");
    deepEqual([early, late].map(taken), [["undefined web"], ["undefined web"]]);
    early.sleep();
    kubectl.delete("services", web);
    make("api");
    k8s.lab.run();
    deepEqual(woken.slice(1).sort(), ["early", "late"], "once, though two changes came");
    deepEqual(taken(early), ["web undefined", "undefined api"]);
    early.stop();
    late.sleep();
    make("db");
    k8s.lab.run();
    deepEqual(woken.slice(3), ["late"]);
    deepEqual(taken(late), ["web undefined", "undefined api", "undefined db"]);
  });
});
