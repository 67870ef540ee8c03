// The least of a document that d3-selection draws into: elements, attributes, children, text, simple selectors.
// A heavy DOM costs a second to import (jsdom) and leaks; this one costs nothing. It has no layout, no styles,
// no events. Before you edit: d3-selection/src/selection/{append,data,order,text,attr}.js.

export const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** What XML 1.0 §2.2 forbids, lone surrogates included: taken out, because no escape can carry it. */
const ILLEGAL =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SPECIAL = /[&<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/;
const ENTITY: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that can stand in XML or HTML, in content and in quoted attributes: markup becomes entities. */
export function escapeMarkup(text: string): string {
  return SPECIAL.test(text) ? text.replace(ILLEGAL, "").replace(/[&<>"']/g, (c) => ENTITY[c] as string) : text;
}

/** An element of the little document; it has the members of a DOM element that D3 calls. */
export class MicroElement {
  readonly nodeType = 1;
  readonly ownerDocument: MicroDocument;
  readonly namespaceURI: string;
  readonly localName: string;
  parentNode: MicroElement | null = null;
  readonly childNodes: MicroElement[] = [];
  /** Name and value in turn: a handful of attributes is found faster by looking than by hashing. */
  readonly #attributes: string[] = [];
  #text = "";

  constructor(document: MicroDocument, namespace: string, name: string) {
    this.ownerDocument = document;
    this.namespaceURI = namespace;
    this.localName = name;
  }

  get nodeName(): string {
    return this.localName;
  }
  get tagName(): string {
    return this.localName;
  }
  get children(): MicroElement[] {
    return this.childNodes;
  }
  get firstChild(): MicroElement | null {
    return this.childNodes[0] ?? null;
  }
  get nextSibling(): MicroElement | null {
    const siblings = this.parentNode?.childNodes;
    return siblings?.[siblings.indexOf(this) + 1] ?? null;
  }

  getAttribute(name: string): string | null {
    const at = this.#find(name);
    return at < 0 ? null : (this.#attributes[at + 1] as string);
  }
  hasAttribute(name: string): boolean {
    return this.#find(name) >= 0;
  }
  setAttribute(name: string, value: unknown): void {
    const at = this.#find(name);
    if (at < 0) this.#attributes.push(name, String(value));
    else this.#attributes[at + 1] = String(value);
  }
  setAttributeNS(_namespace: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }
  removeAttribute(name: string): void {
    const at = this.#find(name);
    if (at >= 0) this.#attributes.splice(at, 2);
  }
  #find(name: string): number {
    const all = this.#attributes;
    for (let i = 0; i < all.length; i += 2) if (all[i] === name) return i;
    return -1;
  }

  appendChild(child: MicroElement): MicroElement {
    return this.insertBefore(child, null);
  }
  insertBefore(child: MicroElement, before: MicroElement | null): MicroElement {
    child.parentNode?.removeChild(child);
    child.parentNode = this;
    const at = before === null ? -1 : this.childNodes.indexOf(before);
    if (at < 0) this.childNodes.push(child);
    else this.childNodes.splice(at, 0, child);
    return child;
  }
  removeChild(child: MicroElement): MicroElement {
    const at = this.childNodes.indexOf(child);
    if (at >= 0) this.childNodes.splice(at, 1);
    child.parentNode = null;
    return child;
  }

  /** Text comes before the children; that is all that SVG needs (`<text>` and its `<title>`). */
  get textContent(): string {
    return this.#text + this.childNodes.map((child) => child.textContent).join("");
  }
  set textContent(text: unknown) {
    for (const child of this.childNodes) child.parentNode = null;
    this.childNodes.length = 0;
    this.#text = text === null || text === undefined ? "" : String(text);
  }

  querySelectorAll(selector: string): MicroElement[] {
    const test = compile(selector);
    const found: MicroElement[] = [];
    const visit = (element: MicroElement): void => {
      for (const child of element.childNodes) {
        if (test(child)) found.push(child);
        visit(child);
      }
    };
    visit(this);
    return found;
  }
  querySelector(selector: string): MicroElement | null {
    return this.querySelectorAll(selector)[0] ?? null;
  }
  matches(selector: string): boolean {
    return compile(selector)(this);
  }

  /** 4 when `other` follows in document order, 2 when it goes before, 0 for itself: what `selection.order` asks. */
  compareDocumentPosition(other: MicroElement): number {
    if (this === other) return 0;
    const mine = this.#path();
    const theirs = other.#path();
    for (let i = 0; i < mine.length && i < theirs.length; i++) {
      const difference = (theirs[i] as number) - (mine[i] as number);
      if (difference !== 0) return difference > 0 ? 4 : 2;
    }
    return theirs.length > mine.length ? 4 : 2;
  }
  #path(): number[] {
    const path: number[] = [];
    for (let at: MicroElement = this; at.parentNode !== null; at = at.parentNode)
      path.unshift(at.parentNode.childNodes.indexOf(at));
    return path;
  }

  /** The markup: well-formed XML that is also HTML. */
  get outerHTML(): string {
    let out = `<${this.localName}`;
    const all = this.#attributes;
    for (let i = 0; i < all.length; i += 2) out += ` ${all[i]}="${escapeMarkup(all[i + 1] as string)}"`;
    if (this.#text === "" && this.childNodes.length === 0) return `${out}/>`;
    out += `>${escapeMarkup(this.#text)}`;
    for (const child of this.childNodes) out += child.outerHTML;
    return `${out}</${this.localName}>`;
  }
}

/** A document whose root is an empty `<svg>`. */
export class MicroDocument {
  readonly nodeType = 9;
  readonly documentElement: MicroElement;

  constructor() {
    this.documentElement = this.createElementNS(SVG_NAMESPACE, "svg");
    this.documentElement.setAttribute("xmlns", SVG_NAMESPACE);
  }
  createElementNS(namespace: string, name: string): MicroElement {
    return new MicroElement(this, namespace, name);
  }
  createElement(name: string): MicroElement {
    return this.createElementNS(SVG_NAMESPACE, name);
  }
}

/** Reads `g.node text`, `#id`, `*`: tag, classes and id, and descendants of such. */
function compile(selector: string): (element: MicroElement) => boolean {
  const parts = selector.trim().split(/\s+/).map(simple);
  return (element) => {
    let left = parts.length - 1;
    if (!(parts[left] as (e: MicroElement) => boolean)(element)) return false;
    left--;
    for (let up = element.parentNode; up !== null && left >= 0; up = up.parentNode) {
      if ((parts[left] as (e: MicroElement) => boolean)(up)) left--;
    }
    return left < 0;
  };
}

function simple(part: string): (element: MicroElement) => boolean {
  const match = /^([a-zA-Z][\w-]*|\*)?((?:[.#][\w-]+)*)$/.exec(part);
  if (match === null) throw new RangeError(`not a selector of tag, class or id: ${JSON.stringify(part)}`);
  const [, tag = "*", rest = ""] = match;
  const marks = rest.match(/[.#][\w-]+/g) ?? [];
  return (element) =>
    (tag === "*" || tag === element.localName) &&
    marks.every((mark) =>
      mark.startsWith("#")
        ? element.getAttribute("id") === mark.slice(1)
        : (element.getAttribute("class") ?? "").split(" ").includes(mark.slice(1)),
    );
}
