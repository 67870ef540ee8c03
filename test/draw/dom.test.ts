import { expect } from "chai";
import { type BaseType, select } from "d3";
import { MicroDocument, SVG_NAMESPACE } from "../../lib/draw/dom.ts";
import { wellFormed } from "./xml.ts";

function root() {
  const { documentElement } = new MicroDocument();
  return { documentElement, picture: select(documentElement as BaseType) };
}

describe("the little document under D3", () => {
  it("joins data: enters, updates, moves and takes away", () => {
    const { documentElement, picture } = root();
    const draw = (names: readonly string[]): void => {
      picture
        .selectAll<BaseType, string>("text.name")
        .data(names, (name) => name)
        .join("text")
        .attr("class", "name")
        .text((name) => name);
    };
    const order = (): string[] => documentElement.querySelectorAll("text").map((element) => element.textContent);
    draw(["a", "b", "c"]);
    const kept = documentElement.childNodes[1];
    expect(order()).to.deep.equal(["a", "b", "c"]);
    draw(["c", "b", "d"]);
    expect(order()).to.deep.equal(["c", "b", "d"]);
    expect(documentElement.querySelectorAll(".name")[1]).to.equal(kept);
    draw([]);
    expect(documentElement.childNodes).to.have.length(0);
  });
  it("finds by tag, class, id and descent", () => {
    const { documentElement, picture } = root();
    picture.append("g").attr("class", "nodes big").append("rect").attr("id", "one");
    picture.append("rect");
    expect(documentElement.querySelectorAll("rect")).to.have.length(2);
    expect(documentElement.querySelectorAll("g.big.nodes rect")).to.have.length(1);
    expect(documentElement.querySelector("#one")?.localName).to.equal("rect");
    expect(documentElement.querySelectorAll("*")).to.have.length(3);
    expect(documentElement.matches("svg")).to.equal(true);
    expect(() => documentElement.querySelector("g > rect")).to.throw(RangeError, "g > rect".split(" ")[1]);
  });
  it("inserts before, changes and removes attributes, gives new elements the SVG namespace", () => {
    const { documentElement, picture } = root();
    picture.append("b");
    picture.insert("a", "b").attr("x", 1).attr("y", 2).attr("x", null);
    expect(documentElement.outerHTML).to.equal(`<svg xmlns="${SVG_NAMESPACE}"><a y="2"/><b/></svg>`);
    expect(documentElement.childNodes[0]?.namespaceURI).to.equal(SVG_NAMESPACE);
    expect(documentElement.childNodes[0]?.hasAttribute("x")).to.equal(false);
  });
  it("writes any text so that it comes back as text", () => {
    for (const text of ["<&>\"'", "]]>", "a\u0000\u001b\ufffeb", "\ud800 alone", "𝄞"]) {
      const { documentElement, picture } = root();
      picture.append("text").attr("title", text).text(text);
      expect(wellFormed(documentElement.outerHTML), JSON.stringify(text)).to.equal(null);
    }
  });
});
