// Which commands there are where everything is busybox: its applets, and the words of its shell.
// Before you edit: busybox 1.35 `busybox --list`, shell/ash.c (shellexec: "not found").
import { type Command, notModelled } from "../command.ts";
import { jobs, kill } from "../jobs.ts";
import { readlink } from "../readlink.ts";
import { cat, echo, grep, head, no, sleep, tail, wc, yes } from "../text.ts";
import { busybox, NETWORKING } from "./busybox.ts";

const MODELLED: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(
    Object.entries(NETWORKING).map(([name, applet]): [string, Command] => [name, (call) => applet(call, call.args)]),
  ),
  busybox,
  cat,
  echo,
  false: no,
  grep,
  head,
  jobs,
  kill,
  readlink,
  sleep,
  tail,
  true: yes,
  wc,
};

/** All of them, as Debian builds it. */
const APPLETS: ReadonlySet<string> = new Set(
  `
  acpid adjtimex ar arch arp arping ascii ash awk base64 basename bc blkdiscard blkid blockdev brctl bunzip2
  bzcat bzip2 cal cat chgrp chmod chown chroot chvt clear cmp cp cpio crc32 cttyhack cut date dc dd deallocvt
  depmod devmem df diff dirname dmesg dnsdomainname dos2unix du dumpkmap dumpleases echo egrep env expand expr
  factor fallocate false fatattr fdisk fgrep find findfs fold free freeramdisk fsfreeze fstrim ftpget ftpput
  getopt getty grep groups gunzip gzip halt head hexdump hostid hostname httpd hwclock i2cdetect i2cdump i2cget
  i2cset i2ctransfer id ifconfig ifdown ifup init insmod ionice ip ipcalc ipneigh kill killall klogd last less
  link linux32 linux64 linuxrc ln loadfont loadkmap logger login logname logread losetup ls lsmod lsscsi lzcat
  lzma lzop md5sum mdev microcom mim mkdir mkdosfs mke2fs mkfifo mknod mkpasswd mkswap mktemp modinfo modprobe
  more mount mt mv nameif nc netstat nl nologin nproc nsenter nslookup nuke od openvt partprobe paste patch pidof
  ping ping6 pivot_root poweroff printf ps pwd rdate readlink realpath reboot renice reset resume rev rm rmdir
  rmmod route rpm rpm2cpio run-init run-parts sed seq setkeycodes setpriv setsid sh sha1sum sha256sum sha3sum
  sha512sum shred shuf sleep sort ssl_client start-stop-daemon stat strings stty svc svok swapoff swapon
  switch_root sync sysctl syslogd tac tail tar taskset tee telnet test tftp time timeout top touch tr traceroute
  traceroute6 true truncate ts tty ubirename udhcpc udhcpd uevent umount uname uncompress unexpand uniq unix2dos
  unlink unlzma unshare unxz unzip uptime usleep uudecode uuencode vconfig vi w watch watchdog wc wget which who
  whoami xargs xxd xz xzcat yes zcat
`
    .trim()
    .split(/\s+/),
);

/** The command of this name. Throws BadInput for an applet that is not modelled; what is none, is not found. */
export function busyboxCommand(name: string): Command {
  if (Object.hasOwn(MODELLED, name)) return MODELLED[name]!;
  if (APPLETS.has(name)) throw notModelled("busybox", name, Object.keys(MODELLED).sort().join(", "));
  return ({ err }) => {
    err(`sh: ${name}: not found\n`);
    return 127;
  };
}
