// A saved file of another machine: what is wrong with it is said with the file's name, the line and its text.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { NEWEST } from "../../../lib/netfilter/text/flavour.ts";
import { chainText } from "../../../lib/netfilter/text/list.ts";
import { rulesText, tableText } from "../../../lib/netfilter/text/save.ts";
import { readSaved } from "../../../lib/netfilter/text/saved.ts";
import { BadInput } from "../../../lib/wire/input.ts";

const problem = (lines: readonly string[]): string => {
  try {
    readSaved(lines.join("\n"), { file: "rules.v4" });
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
  return "";
};

/** The column of protocols as versions other than 1.8.9 print it. */
function names(listing: string): string {
  const name: Record<string, string> = { 0: "all ", 6: "tcp ", 17: "udp ", 1: "icmp" };
  return listing.replace(
    /^(\S* +)(0|6|17|1) +(-- )/gm,
    (_all, target, number, rest) => `${target}${name[number]} ${rest}`,
  );
}

describe("a saved file", () => {
  it("that is wrong is an error with file, line, text and the tool's words", () => {
    const said = (line: string) => problem(["*filter", "# a comment", line, "COMMIT", ""]).split(". Nothing")[0];
    assert.equal(
      said("-A INPUT -m nope"),
      "rules.v4, line 3: Couldn't load match `nope':No such file or directory: \"-A INPUT -m nope\"",
    );
    assert.equal(said("-A nope -j DROP"), 'rules.v4, line 3: No chain/target/match by that name.: "-A nope -j DROP"');
    assert.equal(said("-A INPUT -j nope"), "rules.v4, line 4: Chain 'nope' does not exist: \"COMMIT\"");
    assert.equal(
      said("-A INPUT -j OUTPUT"),
      'rules.v4, line 3: RULE_APPEND failed (Operation not supported): rule in chain INPUT: "-A INPUT -j OUTPUT"',
    );
    assert.match(said("-A INPUT -m bpf --bytecode x")!, /^rules.v4, line 3: .*not modelled.*-m bpf/);
    assert.match(problem(["*filter", ":INPUT ACCEPT", ""]), /^rules.v4, line 2: COMMIT expected at line 3/);
    assert.match(problem(["nonsense"]), /^rules.v4, line 1: .*nonsense/);
  });

  it("of kube-proxy, of either back end, comes back letter for letter", () => {
    for (const kind of ["nft", "legacy"] as const) {
      const file = readFileSync(`test/netfilter/text/goldens/kube-proxy.${kind}.txt`, "utf8");
      const version = { version: "1.8.9", backEnd: kind };
      const tables = [...readSaved(file).values()];
      const tool = kind === "nft" ? "iptables-nft-save" : "iptables-legacy-save";
      const printed = tables.map((table) => tableText(table, false, tool, version, "TIME")).join("");
      const timeless = (text: string) => text.replace(/^# .*\n/gm, "");
      assert.equal(timeless(printed), timeless(file), kind);
      const golden = (name: string) =>
        readFileSync(`test/netfilter/text/goldens/kube-proxy-${name}.${kind}.txt`, "utf8");
      const chains = tables.find(({ name }) => name === "nat")!.listed();
      const listing = { numeric: true, verbose: false, exact: false, lineNumbers: false, flavour: version };
      assert.equal(chains.map((chain) => chainText(chain, listing, null)).join("\n"), golden("nL"), kind);
      assert.equal(rulesText(chains, false), golden("S"), kind);
      const named = chains.map((chain) => chainText(chain, { ...listing, flavour: NEWEST }, null)).join("\n");
      assert.equal(named, names(golden("nL")), "newer versions print the names of protocols");
    }
  });
});
