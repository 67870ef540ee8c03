// What `ip link set` says of a device besides whether it is up, its address and its MTU.
// Before you edit: net/core/dev.c (__dev_change_flags, dev_set_alias, dev_change_tx_queue_len), include/uapi/linux/if.h.

/** Flags, words and numbers a device shows; null is what its kind brings along. */
export interface LinkAttributes {
  /** IFF_PROMISC and IFF_ALLMULTI as somebody wished them; here a device takes every frame anyway. */
  readonly promisc: boolean;
  readonly allmulticast: boolean;
  /** IFF_NOARP is not set: neighbours are asked for their MACs. */
  readonly arp: boolean | null;
  readonly multicast: boolean | null;
  readonly alias: string | null;
  /** How many packets its queue would hold. */
  readonly txqueuelen: number;
  readonly group: number;
}

/** Of a device nobody said anything about; all of those share it. */
export const USUAL_ATTRIBUTES: LinkAttributes = {
  promisc: false,
  allmulticast: false,
  arp: null,
  multicast: null,
  alias: null,
  txqueuelen: 1000,
  group: 0,
};
