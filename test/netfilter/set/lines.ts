// Lines of ipset, right and wrong, as one script.
export const LINES: readonly string[] = `create a hash:ip
create a hash:ip
-exist create a hash:ip
create a hash:ip -exist
create n hash:net timeout 1000 counters comment maxelem 8
create p hash:ip,port
create pi hash:ip,port,ip
create pn hash:ip,port,net
create bp bitmap:port range 0-100
create bi bitmap:ip range 10.0.0.0/24 netmask 28
create l list:set size 4
create six hash:ip family inet6 netmask 64 hashsize 2048
create net6 hash:net family inet6
create nn hash:net nomatch
create x hash:foo
create y
create z hash:ip foo
create z hash:ip maxelem
create z hash:ip maxelem x
create z hash:ip timeout 99999999
create z hash:ip netmask 33
create z bitmap:port
create z bitmap:ip range 10.0.0.0/8
create 12345678901234567890123456789012 hash:ip
create tiny hash:ip maxelem 2
create cc hash:ip counters comment timeout 0
create bt bitmap:port range 1-9 timeout 100 counters
add a 10.0.0.1
add a 10.0.0.1
add a 10.0.0.1 -exist
-! add a 10.0.0.1
add a 10.0.0.4-10.0.0.6
add a 10.0.0.16/30
add a x
add a ::1
add a 10.0.0.1,80
add a 10.0.0.33/33
add a 10.0.0.1 timeout 5
add a 10.0.0.99 packets 5
add a 10.0.0.99 comment x
add a 10.0.0.99 foo
add a 10.0.0.99 nomatch
add nope 10.0.0.1
add n 10.0.0.0/8 timeout 500 comment "a b" packets 3 bytes 4
add n 10.1.0.0/16 nomatch
add n 192.168.0.0-192.168.0.10
add n 0.0.0.0/0
add n 10.2.3.4/24
add n 10.1.0.0/16
add n 10.9.9.9 timeout x
add n 10.9.9.9 timeout
add tiny 1.1.1.1
add tiny 1.1.1.2
add tiny 1.1.1.3
add cc 1.2.3.4 timeout 0 packets 7
add cc 1.2.3.5 comment "it is x"
add p 10.0.0.1,80
add p 10.0.0.1,udp:53
add p 10.0.0.1,tcp:http
add p 10.0.0.1,icmp:echo-request
add p 10.0.0.1,icmp:8/0
add p 10.0.0.1,icmp:3/1
add p 10.0.0.1,sctp:5
add p 10.0.0.1,gre:0
add p 10.0.0.1,gre:1
add p 10.0.0.2,81-82
add p 10.0.0.1
add p 10.0.0.1,foo:5
add p 10.0.0.1,80,5
add p 10.0.0.1,70000
add pi 10.0.0.1,80,10.0.0.2
add pi 10.0.0.1,80
add pn 10.0.0.1,80,10.0.0.0/24
add pn 10.0.0.1,80,10.0.0.0/0
add bp 80
add bp 80-85
add bp 101
add bp tcp:90
add bp udp:91
add bt 5
add bt 6 timeout 50 packets 1 bytes 2
add bi 10.0.0.17
add bi 10.0.1.1
add l a
add l a
add l nope
add l p after a
add l n before a
add l pi after nope
add l l
add six 2001:db8::1
add six 10.0.0.1
add six 2001:db8::/64
add net6 2001:db8::/32
add net6 2001:db8:1::/48 nomatch
del a 10.0.0.1
del a 10.0.0.1
del -exist a 10.0.0.1
del n 10.2.3.0/24
del bp 90
del bp 90
del l p
del l p
test a 10.0.0.4
test a 10.0.0.99
-q test a 10.0.0.99
test n 10.2.3.4
test n 10.1.3.4
test n 10.1.0.0/16
test n 10.1.0.0/16 nomatch
test n 10.3.0.0/16
test p 10.0.0.1,80
test p 10.0.0.1,udp:80
test pn 10.0.0.1,80,10.0.0.77
test bp 80
test bi 10.0.0.20
test six 2001:db8::77
test net6 2001:db8:2::1
test net6 2001:db8:1::1
test l a
test l p
test nope 1.1.1.1
list a
list -t n
list n
list -n
list -name a
list a -o save
list cc
save n
save l
list l
list p
list pi
list pn
list bp
list bt
list bi
list six
list net6
list nope
rename a aa
rename tiny small
rename small p
rename nope q
swap p pi
swap p nope
swap nope p
swap p small
create other hash:ip
swap a other
list a
list other
list l
create k hash:ip skbinfo counters comment timeout 100
create k2 bitmap:port range 0-100 skbinfo
create k3 list:set skbinfo
create plain hash:ip
add k 10.0.0.1 skbmark 0x5/0xff skbprio 1:2 skbqueue 3 comment "a b" packets 3 timeout 50
add k 10.0.0.2
add k 10.0.0.3 skbmark 7
add k 10.0.0.4 skbmark 010/0x0
add k 10.0.0.5 skbprio 1
add k 10.0.0.5 skbprio 1:
add k 10.0.0.5 skbprio ff:ffff
add k 10.0.0.6 skbprio 10000:1
add k 10.0.0.6 skbmark x
add k 10.0.0.6 skbmark 1/
add k 10.0.0.6 skbmark 1/x
add k 10.0.0.6 skbmark 0x100000000
add k 10.0.0.7 skbqueue 65535
add k 10.0.0.8 skbqueue 65536
add k 10.0.0.9 skbqueue 0x10
add k 10.0.0.10 skbmark 1 skbmark 2
add k 10.0.0.11 skbprio 0:0
add plain 10.0.0.1 skbmark 1
add plain 10.0.0.1 skbprio 1:1
add plain 10.0.0.1 skbqueue 1
del k 10.0.0.11 skbmark 1
test k 10.0.0.11 skbmark 1
add k 10.0.0.12 skbmark 0
add k 10.0.0.13 skbmark 0xffffffff/0xffffffff
add k2 80 skbmark 0xff skbqueue 1
add k3 plain skbmark 0xff/0xf
create k4 hash:net skbinfo -exist
add k4 10.0.0.0/8 nomatch skbprio 1:a
add k 10.0.0.1 skbmark 9 -exist
list k
list k2
save k3
list k4
save k4
add k 10.0.0.8 skbqueue
destroy nope
destroy a
flush nope
flush n
list n
destroy
flush
foo
add
create
test a
version
destroy x y
list x y
del l a
del l n
destroy a
destroy
list`.split("\n");
