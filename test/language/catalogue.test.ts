// Sentences with holes: which one is meant, what stands in the holes, and what stays as it is.
import { expect } from "chai";
import { Catalogue } from "../../lib/language/catalogue.ts";
import { columns, pad } from "../../lib/language/say.ts";

const { say, label } = new Catalogue({
  "Nothing happened.": "无事发生。",
  "no route": "没有路由",
  "{0} has the MAC {1}": "{0} 的 MAC 是 {1}",
  "{0} has the MAC {1} of {2}": "{2}：{0} 用 MAC {1}",
  "not delivered: {0}": "没有送达：{0}",
  "the answer of {0}, because {1}": "因为{1}，{0} 应答",
  "{0#} routes": "{0} 条路由",
  "step: drop": "丢弃",
});

describe("a catalogue of sentences", () => {
  for (const [text, said, why] of [
    ["Nothing happened.", "无事发生。", "a sentence without holes"],
    ["  no route\n", "  没有路由\n", "spaces around it stay"],
    ["a has the MAC 02:01", "a 的 MAC 是 02:01", "holes"],
    ["a has the MAC 02:01 of b", "b：a 用 MAC 02:01", "the sentence that says more, holes in another order"],
    ["not delivered: no route", "没有送达：没有路由", "a sentence in a hole"],
    ["the answer of web, because a has the MAC b", "因为 a 的 MAC 是 b，web 应答", "and one with holes"],
    ["not delivered: drop", "没有送达：drop", "one word in a hole may be a name"],
    ["node-1 eth0: no route", "node-1 eth0：没有路由", "behind a name"],
    ["no route.", "没有路由。", "with a full stop"],
    ["Really. Nothing happened.", "Really. 无事发生。", "a sentence among others"],
    ["x\nno route\ny", "x\n没有路由\ny", "a line among others"],
    ["has the MAC", "has the MAC", "a hole is never empty"],
    ["a has the MAC ", "a has the MAC ", "nor the last one"],
    ["1 packets transmitted, 0 received", "1 packets transmitted, 0 received", "what is not known"],
    ["no route has the MAC 02:01", "没有路由的 MAC 是 02:01", "where spaces belong"],
    ["the answer of web, because no route", "因为没有路由，web 应答", "and where not"],
    ["12 routes", "12 条路由", "a hole for a number"],
    ["ip routes", "ip routes", "that is for nothing else"],
    ["2 routes, no route", "2 条路由，没有路由", "a list"],
    ["2 routes, eth0", "2 routes, eth0", "not a list with something else"],
    ["", "", "nothing"],
    [" \n ", " \n ", "almost nothing"],
  ])
    it(`knows ${why}`, () => expect(say(text!)).to.equal(said));

  it("keeps words of a kind apart from names", () => {
    expect([label("step", "drop"), label("column", "drop"), say("drop")]).to.deep.equal(["丢弃", "drop", "drop"]);
  });

  it("takes no longer for long texts than for their length", () => {
    const many = new Catalogue(
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`{0} a {1} a {2} a {3} b${i}`, `${i}{0}{1}{2}{3}`])),
    );
    const text = `${"x a ".repeat(5_000)}b`;
    const start = performance.now();
    expect(many.say(text)).to.equal(text);
    expect(performance.now() - start).to.be.below(500);
  });

  it("counts the columns of a terminal", () => {
    expect([columns("eth0"), columns("路由 a"), columns("，")]).to.deep.equal([4, 6, 2]);
    expect([pad("路由", 6), pad("route", 3)]).to.deep.equal(["路由  ", "route"]);
  });
});
