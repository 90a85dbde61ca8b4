/*
 * Keeps the process alive when mapped memory is touched behind the end of its file.
 *
 * The kernel answers such an access with SIGBUS, which ends a process. This handler looks the faulting
 * address up in a table of watched ranges; inside one, it lays a page of zeros over the hole, marks the
 * range, and lets the access run again. Any other SIGBUS goes to the handler that was there before.
 * Only async-signal-safe calls are made. Compiled when first needed, by the compiler inside Bun; the
 * macros in capitals are this system's numbers (see busGuard in linux.ts, darwin.ts and freebsd.ts).
 *
 * The technique is systemd's (journald reads files that others truncate); the code is not.
 */
typedef unsigned long address_t;
typedef unsigned int u32;

struct action {
  void (*handler)(int, void *, void *);
  ACTION_FIELDS
};

/* One watched range: 32 bytes, written by bus-guard.ts. A free slot has start == end. */
struct slot {
  volatile address_t start;
  volatile address_t end;
  volatile u32 faults; /* pages replaced in this range */
  u32 unused[3];
};

/* The table's first 32 bytes. */
struct table {
  volatile u32 used; /* slots in use are all below this index */
  u32 page_size;
  u32 unused[6];
  struct slot slots[];
};

extern void *mmap(void *, unsigned long, int, int, int, long);
extern int sigaction(int, const void *, void *);

static struct table *table;
static volatile u32 *fault_seen;
static struct action previous;

static void on_bus_error(int signal, void *info, void *context) {
  address_t address = *(address_t *)((char *)info + SIGINFO_ADDRESS_OFFSET);
  int found = 0;
  for (u32 i = 0; i < table->used; i++) {
    struct slot *slot = &table->slots[i];
    if (address < slot->start || address >= slot->end) continue;
    found = 1;
    slot->faults++;
  }
  if (found) {
    *fault_seen = 1;
    address_t page = address & ~((address_t)table->page_size - 1);
    if (mmap((void *)page, table->page_size, 3, MAP_FLAGS, -1, 0) == (void *)page) return;
  }
  if ((address_t)previous.handler > 1 && (previous.flags & FLAG_SIGINFO)) {
    previous.handler(signal, info, context);
  } else {
    sigaction(signal, &previous, 0); /* back to the default; the access runs again and ends the process */
  }
}

int install(void *shared_table, void *shared_flag) {
  struct action action;
  for (u32 i = 0; i < sizeof action; i++) ((char *)&action)[i] = 0;
  table = shared_table;
  fault_seen = shared_flag;
  action.handler = on_bus_error;
  action.flags = FLAG_SIGINFO | FLAG_ONSTACK;
  return sigaction(SIGNAL_BUS, &action, &previous);
}

/* Puts the previous handler back, unless somebody has installed another one since. */
int uninstall(void) {
  struct action current;
  if (sigaction(SIGNAL_BUS, 0, &current) != 0 || current.handler != on_bus_error) return -1;
  return sigaction(SIGNAL_BUS, &previous, 0);
}
