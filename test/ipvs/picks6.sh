# Whom clients of IPv6 are given to by the schedulers that hash addresses: a line is a scheduler, a connection, a server.
# As root, on a kernel with IPVS: bash test/ipvs/picks6.sh > test/ipvs/goldens/picks6.txt
modprobe -q dummy
ip link add servers type dummy
ip link set lo up; ip link set servers up
ip addr add 2001:db8:1::fff/64 dev servers nodad
for i in 1 2 3 4 5 6 7 8; do
  ip addr add 2001:db8:f::$i/128 dev lo nodad
  ip addr add 2001:db8:c:$i::${i}00$i/128 dev lo nodad
done
sleep 2
round=40
for line in "dh" "sh" "sh -b sh-port" "mh" "mh -b mh-port"; do
  ipvsadm -C
  round=$((round + 1))
  for i in 1 2 3 4 5 6 7 8; do
    ipvsadm -A -t "[2001:db8:f::$i]:80" -s $line
    for server in 1 2 3 4 5; do ipvsadm -a -t "[2001:db8:f::$i]:80" -r "[2001:db8:1::$server]:80" -g -w $server; done
    nc -z -w 1 -s 2001:db8:c:$i::${i}00$i -p ${round}0$i 2001:db8:f::1 80 &
    nc -z -w 1 -s 2001:db8:c:1::1001 -p ${round}1$i 2001:db8:f::$i 80 &
  done
  sleep 2
  echo "$line"
  ipvsadm -Lcn | grep "SYN_RECV .*:$round"
done
