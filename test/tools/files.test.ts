// Redirections to and from the small files of a machine, as a shell has them.
import { strict as assert } from "node:assert";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";

describe("a shell's files", () => {
  const lab = new Lab();
  lab.node("n");
  lab.node("other");
  const sh = (text: string, where = "n") => runShell(lab, place(lab, where), text);

  it("are written, written behind, and read", () => {
    assert.equal(sh("echo one > f; echo two >> f; cat f").out, "one\ntwo\n");
    assert.equal(sh("cat < f | wc -l").out, "2\n");
    assert.equal(sh("grep two < f > g; cat g f").out, "two\none\ntwo\n");
    assert.equal(sh("echo new >f; cat <f").out, "new\n");
    assert.deepEqual(
      [sh("cat < nothing").text, sh("cat < nothing").status],
      ["bash: nothing: No such file or directory\n", 1],
    );
    assert.throws(() => sh("cat f", "other"), BadInput, "each machine has its own");
  });

  it("may stand in the text itself", () => {
    assert.equal(
      sh("cat <<EOF | grep -v b > h && cat h\na\nb\n  c 'd' \"e\nEOF\necho end").out,
      "a\n  c 'd' \"e\nend\n",
    );
    assert.equal(sh("cat <<-'E O' > h\n\ta $b\n\tE O\ncat h").out, "a $b\n");
    assert.equal(sh("cat <<< 'two words'").out, "two words\n");
    assert.equal(sh("cat > h <<A; cat h\n1\nA").out, "1\n");
  });

  it("are refused where they are not whole", () => {
    for (const text of ["cat <", "echo a >", "echo > > b", "cat <<EOF\nno end", "cat <<EOF\n$x\nEOF", "cat <<", "> f"])
      assert.throws(() => sh(text), BadInput, text);
  });

  it("bring rules into tables", () => {
    const rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n";
    sh(`cat > rules.v4 <<EOF\n${rules}EOF\niptables-restore < rules.v4`);
    assert.equal(sh("iptables -S INPUT").out, "-P INPUT DROP\n-A INPUT -p tcp -j ACCEPT\n");
    sh("iptables-save > saved; iptables -F; iptables -P INPUT ACCEPT; iptables-restore saved");
    assert.equal(sh("iptables -S INPUT").out, "-P INPUT DROP\n-A INPUT -p tcp -j ACCEPT\n");
    assert.equal(sh("iptables-save | iptables-restore --test").status, 0);
  });

  it("of iptables: one back end has the tables, and the other is refused aloud", () => {
    assert.throws(() => sh("iptables-legacy -S"), /iptables-nft wrote/);
    sh("iptables-legacy -A INPUT", "other");
    assert.throws(() => sh("iptables -S", "other"), /iptables-legacy wrote/);
    assert.equal(sh("iptables-legacy -V", "other").out, "iptables v1.8.10 (legacy)\n");
  });
});
