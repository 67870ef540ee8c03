// Records what iproute2 4.4 says, on this machine's kernel, as root:
//   git clone --branch v4.4.0 https://github.com/iproute2/iproute2 && cd iproute2
//   ./configure && make SUBDIRS="lib ip" CCOPTS="-w -fcommon -D_GNU_SOURCE"
//   node dist/test/tools/record-iproute44.js iproute2/ip/ip
// In namespaces of its own: nothing of the machine is touched.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { ASKED, BUILD } from "./iproute44.ts";

const [old] = process.argv.slice(2);
if (old === undefined) throw new Error("which ip? Say the path of that of iproute2 4.4");
const asked = ASKED.map((line) => `echo '# ${line}'; ${resolve(old)} ${line.slice("ip ".length)} 2>&1 || true`);
const script = `set -e
mount -t tmpfs none /run
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
${BUILD}
sleep 0.5
${asked.join("\n")}
`;
const said = execFileSync("unshare", ["--net", "--mount", "sh", "-c", script], { encoding: "utf8" });
writeFileSync("test/tools/goldens/iproute2-4.4.txt", said);
