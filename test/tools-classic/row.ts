// The machines the cases are played on: c is a client, r1, r2 are routers in a row, s is the server at the end.
export const C = "ip netns exec c";

/** A row of namespaces, each with the next on a veth pair of its own network 10.0.N.0/24, with routes to both ends. */
export function row(...names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) lines.push(`ip netns add ${name}`, `ip -n ${name} link set lo up`);
  for (const [i, name] of names.entries()) {
    const next = names[i + 1];
    if (next === undefined) break;
    lines.push(
      `ip link add right netns ${name} type veth peer name left netns ${next}`,
      `ip -n ${name} addr add 10.0.${i}.1/24 dev right`,
      `ip -n ${next} addr add 10.0.${i}.2/24 dev left`,
      `ip -n ${name} link set right up`,
      `ip -n ${next} link set left up`,
    );
  }
  for (const [i, name] of names.entries()) {
    if (i > 0 && i < names.length - 1) lines.push(`ip netns exec ${name} sysctl -qw net.ipv4.ip_forward=1`);
    for (let net = 0; net < names.length - 1; net++) {
      if (net > i) lines.push(`ip -n ${name} route add 10.0.${net}.0/24 via 10.0.${i}.2`);
      if (net < i - 1) lines.push(`ip -n ${name} route add 10.0.${net}.0/24 via 10.0.${i - 1}.1`);
    }
  }
  return lines.join("\n");
}

/** No address is asked for twice before it is used (DAD), and no router is looked for. */
const IPV6 =
  "sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 " +
  "net.ipv6.conf.all.router_solicitations=0 net.ipv6.conf.default.router_solicitations=0";

/** The same row with IPv6: networks fd00:N::/64, routes to both ends; fe80::1 is right, fe80::2 left. */
export function row6(...names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names)
    lines.push(`ip netns add ${name}`, `ip netns exec ${name} ${IPV6}`, `ip -n ${name} link set lo up`);
  for (const [i, name] of names.entries()) {
    const next = names[i + 1];
    if (next === undefined) break;
    lines.push(`ip link add right netns ${name} type veth peer name left netns ${next}`);
    for (const [ns, device, host] of [
      [name, "right", 1],
      [next, "left", 2],
    ] as const)
      lines.push(
        `ip -n ${ns} link set ${device} up`,
        `ip -n ${ns} addr add fe80::${host}/64 dev ${device} nodad`,
        `ip -n ${ns} addr add fd00:${i}::${host}/64 dev ${device} nodad`,
      );
  }
  for (const [i, name] of names.entries()) {
    if (i > 0 && i < names.length - 1) lines.push(`ip netns exec ${name} sysctl -qw net.ipv6.conf.all.forwarding=1`);
    for (let net = 0; net < names.length - 1; net++) {
      if (net > i) lines.push(`ip -n ${name} route add fd00:${net}::/64 via fd00:${i}::2`);
      if (net < i - 1) lines.push(`ip -n ${name} route add fd00:${net}::/64 via fd00:${i - 1}::1`);
    }
  }
  return lines.join("\n");
}
