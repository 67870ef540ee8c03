# Every line is given to ipvsadm, in this order, and its words and status are printed. As root, on a kernel with IPVS and
# no services: bash test/ipvs/ipvsadm.sh > test/ipvs/goldens/ipvsadm.txt
ip link set lo up
: >/run/saved
while read -r line; do
  echo "\$ ipvsadm $line"
  # shellcheck disable=SC2086
  ipvsadm $line 2>&1 </run/saved
  echo "=$?"
  case $line in -Sn) ipvsadm -Sn >/run/saved ;; esac
done <<'X'
-A -t 10.9.0.1:80
-A -t 10.9.0.1:80 -s rr
-a -t 10.9.0.1:80 -r 10.0.0.2 -m -w 70000
-a -t 10.9.0.1:80 -r 10.0.0.2:80 -m
-A -D
-A -Q
-Q
foo
-A -t 10.9.0.1:81 foo
-A -t 10.9.0.1
-A -t 10.9.0.1:82 -s xx
-A -t 80
-A -t 10.9.0.1:83 -p
-A -t 10.9.0.1:84 -p 5x
-A -t 10.9.0.1:85 -s sh -b sh-port,sh-fallback -p 20 -M 255.255.255.0
-A -u 10.9.0.1:53 -o
-A -t 10.9.0.1:86 -o
-A -f 3 -s mh -b mh-port
-A -f 4 -s wlc -b sh-port
-A -f 4 -s wlc -b flag-1,flag-3
-A -t 10.9.0.1:87 -t 10.9.0.1:88
-A -t
-A
-a -t 10.9.0.1:80
-a -t 10.9.0.1:80 -r 10.0.0.3:8080 -g -w -1
-a -t 10.9.0.1:80 -r 10.0.0.3:8080 -g -w 3 -x 10 -y 20
-a -t 10.9.0.1:80 -r 10.0.0.3:8080 -g -w 3 -x 10 -y 5
-a -t 10.9.0.1:80 -r 10.0.0.4:8080 -i --tun-type gue --tun-port 6080
-a -t 10.9.0.1:80 -r 10.0.0.5:8080 -i --tun-type gue
-a -t 10.9.0.1:80 -r 10.0.0.5:8080 -m --tun-type gue --tun-port 1
-a -t 10.9.0.1:80 -r 10.0.0.5 -i -i
-a -t 10.9.0.9:80 -r 10.0.0.5 -m
-e -t 10.9.0.1:80 -r 10.0.0.99 -m
-d -t 10.9.0.1:80 -r 10.0.0.99
-d -t 10.9.0.9:80 -r 10.0.0.99
-D -t 10.9.0.9:80
-E -t 10.9.0.9:80
-L -n -t 10.9.0.9:80
-Ln -t 10.9.0.1:80
-L
-Ln
-Ln --stats
-Ln --rate
-Ln --thresholds
-Ln --persistent-conn
-Ln --tun-info
-Sn
-Lcn
-Lc --persistent-conn
-L --timeout
--set 1 2
--set 0 0 10
-L --timeout
-L --daemon
-L -c --timeout
-L -c --stats
-C -n
-Z -t 10.9.0.1:80
-Z -t 10.9.0.9:80
-Z
-A -t 10.9.0.1:90 -s
-A -t 10.9.0.1:91 -w 3
-a -t 10.9.0.1:80 -r 10.0.0.7:x -m
-a -t 10.9.0.1:80 -r 224.0.0.7:1 -m
-A -t 10.9.0.1:http-alt -s wrr
-A --tcp-service=10.9.0.2:443 --scheduler lc
-a -f 3 -r 10.0.0.7:8080 -m
-a -f 3 -r 10.0.0.8 -g
-a -f 9 -r 10.0.0.8 -g
-v
-Ln
-Sn
-C
-R
-Ln
-R
-D -t 10.9.0.1:80
-d -f 3 -r 10.0.0.7:8080
-e -f 3 -r 10.0.0.8 -g -w 0 -x 3
-E -f 3 -s sed
-Ln --thresholds
-C
-Ln
X
