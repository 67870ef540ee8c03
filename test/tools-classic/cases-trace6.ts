// traceroute and tracepath over IPv6. A row of routers answers a hop each; each asks on a new machine.
import { C, row6 } from "./row.ts";

const FOUR = row6("c", "r1", "r2", "s");

const REFUSING = `
${FOUR}
ip -n c -6 route add default via fd00:0::2
ip -n r1 -6 route add default via fd00:1::2
ip -n r1 -6 route add unreachable fd05::/16
ip -n r1 -6 route add prohibit fd06::/16
ip -n r1 -6 route add blackhole fd07::/16
`;

const NARROW = `
${FOUR}
ip -n r1 link set right mtu 1400
ip -n r2 link set left mtu 1400
ip -n r2 link set right mtu 1300
ip -n s link set left mtu 1300
`;

/** Each of these on a machine of its own. */
const ROW = [
  "traceroute -n fd00:2::2",
  "traceroute6 -n -I fd00:2::2",
  "traceroute -6 -I -q 1 fd00:2::2",
  "traceroute -n -N 1 fd00:2::2",
  "traceroute -n -U -q 2 -s fd00:0::1 -i right fd00:2::2 1400",
  "traceroute -n -p 50000 -t 16 -f 2 fd00:1::2",
  "traceroute -n fe80::2%right",
  "traceroute -n -I fe80::2%right",
  "tracepath -n fd00:2::2",
  "tracepath -b -l 1000 fd00:2::2",
  "tracepath -n -m 2 fd00:2::2",
  "tracepath -n fe80::2%right",
];
const REFUSED = [
  "traceroute -n -w 1 -m 4 fd05::1",
  "traceroute -n -w 1 -m 4 fd06::1",
  "traceroute -n -w 1 -m 4 fd07::1",
  "traceroute -n -I -w 1 -m 4 fd05::1",
  "traceroute -n -w 1 fd08::1",
  "traceroute -n -I -w 1 fd08::1",
  "traceroute -n fd00:2::77",
  "traceroute -n -I fd00:2::77",
  "traceroute -n fd00:0::77",
  "traceroute -n -I -q 1 fd00:0::78",
  "tracepath -n fd05::1",
  "tracepath -n fd06::1",
  "tracepath -n fd08::1",
  "tracepath -n fd00:2::77",
];
const MTU = [
  "traceroute -n -F fd00:2::2 1500",
  "traceroute -n -F fd00:2::2 1350",
  "traceroute -n -F fd00:2::2 1600",
  "traceroute -n -I -F fd00:2::2 1600",
  "traceroute -n --mtu fd00:2::2",
  "traceroute -n -I --mtu -q 1 fd00:2::2",
  "traceroute -n -N 1 fd00:2::2 1500",
  "traceroute -n -I -q 1 -N 4 fd00:2::2 3000",
  "tracepath -n fd00:2::2",
];

/** Each on a machine of its own, with who listens on port 80 of s. */
const SYNS = [
  "traceroute -T -n fd00:2::2",
  "traceroute -T -n -N 1 -q 2 -p 443 -s fd00:0::1 -i right fd00:2::2",
  "traceroute -6 -T -n -f 2 -m 2 fd00:2::2",
  "traceroute -T -n -F -q 1 -t 16 fd00:2::2",
  "traceroute -T -n fe80::2%right",
];
const REFUSED_SYNS = ["fd05::1", "fd06::1", "fd07::1", "fd08::1", "fd00:2::77", "fd00:0::77"].map(
  (to) => `traceroute -T -n -w 0.5 -m 4 -q 1 ${to}`,
);

function each(name: string, setUp: string, commands: readonly string[]): [string, string][] {
  return commands.map((command, i) => [`${name}${i + 1}`, `${setUp}\n${C} ${command}`]);
}

export const TRACE6: Readonly<Record<string, string>> = {
  trace6Words: `
sysctl -qw net.ipv6.conf.all.disable_ipv6=0
traceroute -6 10.0.0.1
traceroute -4 ::1
traceroute6 10.0.0.1
traceroute -6 -n localhost
traceroute -n -s ::1 127.0.0.1
traceroute -n -6 ::ffff:127.0.0.1
traceroute -n ::ffff:127.0.0.1
traceroute -n -q 1 ::1
traceroute -6 -In ::1
traceroute ::1
traceroute -n fe80::1
traceroute -nI fe80::1
traceroute -n fe80::1%lo
traceroute -n fe80::1%nix
traceroute -n ::1%lo
traceroute -n 1::2::3
traceroute -n fd00::1
traceroute -nI fd00::1
traceroute -n -s fd00::9 ::1
traceroute -nI -s fd00::9 ::1
traceroute -n ::
traceroute -nI ::
traceroute -n ::1 20
traceroute -In ::1 20
traceroute -n --mtu ::1
traceroute -T -n -q 1 ::1
traceroute -T -n ::1 20
traceroute -T -n fe80::1
traceroute -T -n fd00::1
traceroute -T -n -s fd00::9 ::1
tracepath -6 -4 ::1
tracepath -n ::1
tracepath ::1
tracepath -6 -n localhost
tracepath -n -l 48 ::1
tracepath -n -l 49 ::1
tracepath -6 10.0.0.1
tracepath -4 ::1
tracepath -n fd00::1
tracepath -n fe80::1
tracepath -n fe80::1%lo
tracepath -n ::1/53
tracepath -n ::
`,
  ...Object.fromEntries([
    ...each("trace6Row", FOUR, ROW),
    ...each("trace6Refused", REFUSING, REFUSED),
    ...each("trace6Mtu", NARROW, MTU),
    ...each("trace6Syn", FOUR, SYNS),
    ...each("trace6SynNarrow", NARROW, ["traceroute -T -n -q 1 fd00:2::2"]),
    ...each("trace6SynRefused", REFUSING, REFUSED_SYNS),
    ...each(
      "trace6SynHeard",
      `${FOUR}\nip netns exec s timeout 4 nc -6 -lk 80 > /dev/null & sleep 0.5`,
      SYNS.slice(0, 1),
    ),
  ]),
};

/** In these the real tools wait. */
export const SLOW6: readonly string[] = Object.keys(TRACE6).filter((name) => /Refused|Row1[12]$/.test(name));
