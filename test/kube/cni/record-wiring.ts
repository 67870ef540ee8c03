// node dist/test/kube/cni/record-wiring.js: asks this machine's kernel (as root) and writes goldens/wiring.json.gz. What
// it cannot build, as IPIP where the module is missing, keeps what another kernel said (Linux 6.1, as user-mode Linux).
import { makeRoom, whyNotReal } from "../../conform/real.ts";
import { recordWiring } from "./wiring-goldens.ts";

const why = whyNotReal();
if (why !== null) throw new Error(`the real kernel cannot be asked: ${why}`);
makeRoom();
await recordWiring();
