// How a director defends itself when memory is short, or when it is told to: entries are dropped at random, every so
// many new connections are dropped, TCP is watched more strictly.
// Before you edit: net/netfilter/ipvs/ip_vs_ctl.c (update_defense_level, defense_work_handler), include/net/ip_vs.h
// (ip_vs_todrop), ip_vs_conn.c (ip_vs_random_dropentry), Documentation/networking/ipvs-sysctl.rst.
import { SECOND } from "../trace/world.ts";
import type { Net } from "./net.ts";
import type { Settings } from "./settings.ts";

/** Pages that a machine of the lab has free: 1 GiB. It never has fewer; net.ipv4.vs.amemthresh may ask for more. */
export const FREE_PAGES = 262144;

/** Modes of a defense: off, as memory wills and off or on at the moment, on. */
const MODE = { off: 0, waiting: 1, acting: 2, on: 3 } as const;

export class Defense {
  private readonly net: Net;
  private readonly settings: Settings;
  /** SYN flood: the stricter table of TCP's states is in use (secure_tcp). */
  isStrict = false;
  private dropsEntries = false;
  /** Of so many new connections one is dropped; 0: none. */
  private dropRate = 0;
  private dropCounter = 0;
  private isWatching = false;
  /** A part of the connections shall be looked through. */
  onPressure: (() => void) | null = null;

  constructor(net: Net, settings: Settings) {
    this.net = net;
    this.settings = settings;
  }

  /** A mode was set: it acts at once, and memory is looked at each second. */
  update(): void {
    this.level();
    const { drop_entry, drop_packet, secure_tcp } = this.settings;
    if (!this.isWatching && drop_entry + drop_packet + secure_tcp > 0) this.watch();
  }

  private watch(): void {
    this.isWatching = true;
    this.net.later(SECOND, () => {
      this.isWatching = false;
      this.update();
      if (this.dropsEntries) this.onPressure?.();
    });
  }

  private level(): void {
    const { settings } = this;
    const isShort = FREE_PAGES < settings.amemthresh;
    settings.drop_entry = modeBy(settings.drop_entry, isShort);
    this.dropsEntries = settings.drop_entry >= MODE.acting;
    settings.drop_packet = modeBy(settings.drop_packet, isShort);
    if (settings.drop_packet === MODE.acting) {
      this.dropRate = Math.floor(settings.amemthresh / (settings.amemthresh - FREE_PAGES));
      this.dropCounter = this.dropRate;
    } else this.dropRate = settings.drop_packet === MODE.on ? settings.am_droprate : 0;
    settings.secure_tcp = modeBy(settings.secure_tcp, isShort);
    this.isStrict = settings.secure_tcp >= MODE.acting;
  }

  /** Whether a new connection's packet is dropped. */
  dropsPacket(): boolean {
    if (this.dropRate === 0 || --this.dropCounter > 0) return false;
    this.dropCounter = this.dropRate;
    return true;
  }
}

/** A mode that follows memory says itself whether it acts. */
function modeBy(mode: number, isShort: boolean): number {
  if (mode !== MODE.waiting && mode !== MODE.acting) return mode;
  return isShort ? MODE.acting : MODE.waiting;
}
