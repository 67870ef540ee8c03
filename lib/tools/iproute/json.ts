// JSON as iproute2 prints it.
// Before you edit: iproute2 lib/json_writer.c.

/** In one line, or with `-p` in its own layout: members on lines of their own, lists on the line they begin on. */
export function jsonText(value: unknown, pretty: boolean): string {
  const text = JSON.stringify(value);
  return `${pretty ? layout(JSON.parse(text), 0) : text}\n`;
}

function layout(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    const all = value.map((each) => layout(each, depth + 1));
    return all.length === 0 ? "[ ]" : `[ ${all.join(",")} ]`;
  }
  const indent = `\n${"    ".repeat(depth)}`;
  const members = Object.entries(value).map(
    ([key, each]) => `${indent}    ${JSON.stringify(key)}: ${layout(each, depth + 1)}`,
  );
  return members.length === 0 ? "{}" : `{${members.join(",")}${indent}}`;
}
