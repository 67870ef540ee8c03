// A strict reader of the XML that pictures are made of: elements, quoted attributes, text, the five entities.

const LEGAL = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
const TOKEN = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z_:][\w:.-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39);)/;

/** What is wrong with the text as XML, or null. */
export function wellFormed(text: string): string | null {
  if (!LEGAL.test(text)) return "a character that XML forbids";
  if (ENTITY.test(text)) return "an ampersand that begins no entity";
  const open: string[] = [];
  let roots = 0;
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (match === null) return `no markup: ${text.slice(at, at + 60)}`;
    const [, closing, name = "", attributes = "", empty, words] = match;
    if (words !== undefined) {
      if (open.length === 0) return `text outside: ${words.slice(0, 40)}`;
      if (words.includes("]]>")) return "]]> in text";
      continue;
    }
    if (closing === "/") {
      if (open.pop() !== name) return `</${name}> closes nothing`;
      continue;
    }
    const names = [...attributes.matchAll(/\s([a-zA-Z_:][\w:.-]*)=/g)].map(([, each]) => each);
    if (new Set(names).size < names.length) return `an attribute twice in <${name}>`;
    if (open.length === 0) roots++;
    if (empty !== "/") open.push(name);
  }
  if (open.length > 0) return `<${open.join("><")}> stays open`;
  return roots === 1 ? null : `${roots} roots`;
}
