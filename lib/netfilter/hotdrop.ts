// A match that drops the packet itself, whatever its rule would have said. It is rare, so it is thrown: a walk that meets none
// pays nothing for it.
// Before you edit: include/linux/netfilter/x_tables.h (struct xt_action_param, hotdrop).

export class Hotdrop extends Error {}
