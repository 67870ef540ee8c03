// The routing tables of a namespace, by their number.
// Before you edit: net/ipv4/fib_frontend.c (fib_new_table, fib_get_table), include/net/netns/ipv4.h (fib_main).
import { RouteTable, TABLE } from "./route.ts";

/** Two tables are always there; the others are made by who needs them. They are listed in that order. */
export class RouteTables {
  local = new RouteTable(TABLE.local);
  main = new RouteTable(TABLE.main);
  private others: Map<number, RouteTable> | null = null;

  get(id: number): RouteTable | undefined {
    return id === TABLE.local ? this.local : id === TABLE.main ? this.main : this.others?.get(id);
  }

  set(id: number, table: RouteTable): void {
    if (id === TABLE.local) this.local = table;
    else if (id === TABLE.main) this.main = table;
    else {
      this.others ??= new Map();
      this.others.set(id, table);
    }
  }

  values(): readonly RouteTable[] {
    const { local, main, others } = this;
    return others === null ? [local, main] : [local, main, ...others.values()];
  }
}
