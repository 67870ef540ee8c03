// Command lines about foo over UDP, recorded as those of lines.ts. The kernel had no tunnels that send so
// (CONFIG_NET_FOU_IP_TUNNELS): of `encap` only what the tool and a kernel without the module say is here.
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const FOU_GOLDEN = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../../test/devices/goldens/fou-lines.json",
);

export const FOU_LINES: readonly string[] = `
ip link add a0 address 02:00:00:00:00:01 type veth peer name a1 address 02:00:00:00:00:02
ip addr add 10.0.0.1/24 dev a0
ip link add t1 type ipip remote 10.0.0.2 local 10.0.0.1 encap gue encap-sport auto encap-dport 5555
ip link add t1 type ipip remote 10.0.0.2 local 10.0.0.1 encap none
ip -d link show t1
ip link add t2 type ipip remote 10.0.0.3 local 10.0.0.1 encap bogus
ip link add t2 type ipip remote 10.0.0.3 local 10.0.0.1 encap-sport foo
ip link add t2 type ipip remote 10.0.0.3 local 10.0.0.1 encap-dport 70000
ip link add t2 type ipip remote 10.0.0.4 local 10.0.0.1 encap-dport 5555 encap-csum encap-sport auto
ip -d link show t2
ip fou
ip fou show
ip fou add port 5555 gue
ip fou add port 5556 ipproto 4
ip fou add port 5557 ipproto ipip
ip fou add port 5558
ip fou add gue
ip fou add port 5559 gue ipproto 4
ip fou add port 5555 gue
ip fou add port foo gue
ip fou add port 0 gue
ip fou add port 70000 gue
ip fou add port 5560 ipproto 300
ip fou add port 5560 ipproto bogus
ip fou add port 5560 ipproto 0
ip fou add port 5560 gue local 10.0.0.1
ip fou add port 5561 gue local 10.0.0.9
ip fou add port 5566 gue bogus
ip fou show
ip -j fou show
ip fou list
ip fou show port 5555
ss -lun
ip fou del port 5555
ip fou del port 5555
ip fou del
ip fou del port 5560
ip fou del port 5560 local 10.0.0.1
ip fou frob
ip fou help
ip fou show
`
  .trim()
  .split("\n");
