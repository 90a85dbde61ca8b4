/*
 * Keeps the process alive when mapped memory is touched behind the end of its file.
 *
 * The kernel answers such an access with SIGBUS, which ends a process. This handler looks the faulting
 * address up in a table of watched ranges; inside one, it lays pages of zeros over the hole, marks the
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
  volatile u32 faults; /* how often pages of this range were replaced */
  u32 unused[3];
};

/* The table's first 32 bytes. */
struct table {
  volatile u32 used; /* slots in use are all below this index */
  u32 page_size;
  u32 unused[6];
  struct slot slots[];
};

/* 2^this many pages are replaced at once at most. */
#define SPAN_SHIFT_MAX 30

/*
 * The two functions of the C library that are needed, handed over by address: linking against the library would
 * take its development files, which a machine that only runs programs does not have.
 */
static void *(*map_pages)(void *, unsigned long, int, int, int, long);
static int (*set_action)(int, const void *, void *);

static struct table *table;
static volatile u32 *fault_seen;
static struct action previous;

static void on_bus_error(int signal, void *info, void *context) {
  address_t address = *(address_t *)((char *)info + SIGINFO_ADDRESS_OFFSET);
  address_t page = address & ~((address_t)table->page_size - 1);
  address_t span = 0;
  for (u32 i = 0; i < table->used; i++) {
    struct slot *slot = &table->slots[i];
    if (address < slot->start || address >= slot->end) continue;
    /*
     * One page at first, then twice as many each time: every piece of zeros is a mapping of its own, of
     * which a process has a limited number, and a truncated file may have any number of pages.
     */
    u32 shift = slot->faults < SPAN_SHIFT_MAX ? slot->faults : SPAN_SHIFT_MAX;
    address_t room = (address_t)table->page_size << shift;
    if (room > slot->end - page) room = slot->end - page;
    /* The shortest: a slot whose range the collector has unmapped may not be free yet, and reach further. */
    if (span == 0 || room < span) span = room;
    slot->faults++;
  }
  if (span != 0) {
    *fault_seen = 1;
    if (map_pages((void *)page, span, 3, MAP_FLAGS, -1, 0) == (void *)page) return;
  }
  if ((address_t)previous.handler > 1 && (previous.flags & FLAG_SIGINFO)) {
    previous.handler(signal, info, context);
  } else {
    set_action(signal, &previous, 0); /* back to the default; the access runs again and ends the process */
  }
}

int install(void *shared_table, u32 page_size, void *shared_flag, void *mmap_address, void *sigaction_address) {
  struct action action;
  map_pages = mmap_address;
  set_action = sigaction_address;
  for (u32 i = 0; i < sizeof action; i++) ((char *)&action)[i] = 0;
  table = shared_table;
  table->page_size = page_size;
  fault_seen = shared_flag;
  action.handler = on_bus_error;
  action.flags = FLAG_SIGINFO | FLAG_ONSTACK;
  return set_action(SIGNAL_BUS, &action, &previous);
}

/*
 * Ends the watch when its thread ends, on whatever thread: called when the table's buffer is released, which
 * also happens when a worker is terminated. Puts the previous handler back, unless somebody has installed
 * another one since: then this one stays where it is and passes every signal on. The table stays mapped.
 */
void retire(void *bytes, void *unused) {
  struct action current;
  table->used = 0;
  if (set_action(SIGNAL_BUS, 0, &current) != 0 || current.handler != on_bus_error) return;
  set_action(SIGNAL_BUS, &previous, 0);
}
