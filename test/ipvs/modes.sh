# Plays modes.txt, or modes6.txt, on a real kernel and prints what every device saw at every step. As root, on a kernel
# with IPVS, ipip and fou: bash test/ipvs/modes.sh modes > test/ipvs/goldens/modes.txt
here=$(dirname "$(realpath "$0")")
modprobe -q fou
if [ "$1" = modes ]; then sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; fi
ip link add br0 type bridge mcast_snooping 0
ip link set br0 up
n=0
flags='& (tcp-syn|tcp-rst) != 0'
seen="icmp or udp or ip proto 4 or ip proto 41 or ip6 proto 4 or ip6 proto 41 or (tcp[tcpflags] $flags)
or (ip6 proto 6 and ip6[53] $flags) or (icmp6 and ip6[40] < 130)"
device() { # namespace, name, peer's namespace and name, or the bridge
  n=$((n + 1))
  ip link add "t$n" type veth peer name "u$n"
  ip link set "t$n" netns "$1" name "$2" address "02:00:00:00:00:0$n"
  if [ "$3" = br0 ]; then ip link set "u$n" master br0 up; else ip link set "u$n" netns "$3" name "$4" address "02:00:00:00:01:0$n"; fi
}
for ns in c d l r1; do ip netns add $ns; ip -n $ns link set lo up; done
device c eth0 d eth0
device d eth1 br0
device l eth0 br0
device r1 eth0 br0
devices="c.eth0 d.eth0 d.eth1 l.eth0 r1.eth0"
for each in $devices; do
  ip netns exec "${each%.*}" sysctl -qw "net.ipv4.conf.all.rp_filter=0" "net.ipv4.conf.default.rp_filter=0"
  ip -n "${each%.*}" link set "${each#*.}" up
done
ip netns exec r1 sysctl -qw net.ipv4.conf.tunl0.rp_filter=0
for family in -4 -6; do
  for port in 80 8080; do ip netns exec r1 nc $family -l -k "$port" >/dev/null & done
  ip netns exec d nc $family -l -k 8080 >/dev/null &
done
while read -r ns line; do
  case $ns in '' | '#') continue ;; esac
  echo "\$ $ns $line"
  case $line in
  nc* | ping*)
    for each in $devices; do
      ip netns exec "${each%.*}" tcpdump -nnevtl -i "${each#*.}" "$seen" >"/run/$each" 2>"/run/$each.log" &
      pids="$pids $!"
    done
    for each in $devices; do until grep -q listening "/run/$each.log"; do sleep 0.1; done; done
    sleep 0.2
    ip netns exec "$ns" bash -c "$line" >/dev/null 2>&1
    sleep 0.3
    kill $pids; wait $pids 2>/dev/null
    pids=
    for each in $devices; do sed "s/^[0-9a-f]/$each  &/" "/run/$each"; done
    ;;
  *) ip netns exec "$ns" bash -c "$line" 2>&1 ;;
  esac
done <"$here/$1.txt"
kill $(jobs -p)
