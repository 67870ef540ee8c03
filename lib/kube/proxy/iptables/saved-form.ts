// Rules in the words of kube-proxy, put as iptables-save prints them: what is in that form is taken as it stands
// (netfilter/text/canonical.ts), everything else is read word by word and means the same.
// Before you edit: netfilter/text/canonical.ts, netfilter/text/save.ts.

/** The forms that there are thousands of: of cluster IPs and node ports, of a Service's chains, of endpoints. */
const COMMON =
  /^(-A \S+)(?: -m comment --comment (?:"([^"]+)"|(\S+)))?(?: -m (tcp|udp) -p \4)?(?: -d ([\d.]+))?(?: --dport (\d+))?(?: (! )?-s ([\d.]+)(\/\d+)?)?(?: -m statistic --mode random --probability (\S+))?( -j (?!REJECT)\S+(?: --to-destination \S+)?)$/;

/** One line for iptables-restore in the order of iptables-save, where it is one of the common forms. */
export function savedForm(line: string): string {
  const found = COMMON.exec(line);
  if (found === null) return line;
  const [, chain, quoted, plain, protocol, destination, port, not = "", source, length = "/32", chance, target] = found;
  const text = quoted ?? plain;
  let rule = chain!;
  if (source !== undefined) rule += ` ${not}-s ${source}${length}`;
  if (destination !== undefined) rule += ` -d ${destination}/32`;
  if (protocol !== undefined) rule += ` -p ${protocol}`;
  if (text !== undefined)
    rule += /^[\w-]+$/.test(text) ? ` -m comment --comment ${text}` : ` -m comment --comment "${text}"`;
  if (chance !== undefined) rule += ` -m statistic --mode random --probability ${inSteps(chance)}`;
  if (protocol !== undefined) rule += port === undefined ? ` -m ${protocol}` : ` -m ${protocol} --dport ${port}`;
  return rule + target;
}

const known = new Map<string, string>();

/** The kernel counts chance in 31 bits (xt_statistic). */
function inSteps(chance: string): string {
  let text = known.get(chance);
  if (text === undefined) {
    text = (Math.round(Number(chance) * 0x80000000) / 0x80000000).toFixed(11);
    known.set(chance, text);
  }
  return text;
}
