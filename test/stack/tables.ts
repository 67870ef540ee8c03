// The tables of /proc/net/snmp and /proc/net/netstat.

/** Every counter by its table and column, as nstat names it. */
export function parseTables(text: string): Map<string, number> {
  const counters = new Map<string, number>();
  const lines = text.trim().split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [name, columns = ""] = lines[i]!.split(": ");
    const values = lines[i + 1]!.split(": ")[1]!.split(" ");
    for (const [at, column] of columns.split(" ").entries()) counters.set(`${name}${column}`, Number(values[at]));
  }
  return counters;
}
