/*
 * Keeps the process alive when mapped memory is touched that has no storage behind it.
 *
 * The kernel answers such an access with SIGBUS, which ends a process. This handler looks the faulting
 * address up in a table of watched ranges; inside one, it notes why, lays private memory where no storage is,
 * marks the range, and lets the access run again. Any other SIGBUS goes to the handler that was there before.
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

/* Why a range has faulted: the numbers are those of CAUSES in bus-guard.ts. */
enum cause { NONE, TRUNCATED, NO_SPACE, DEVICE, UNKNOWN };

/* One watched range: 64 bytes. A free slot has start == end. */
struct slot {
  volatile address_t start;
  volatile address_t end;
  volatile u32 cause; /* of the first fault */
  int file; /* its descriptor; may have been closed since */
  address_t position; /* of the first fault: bytes from start */
  address_t offset; /* where in the file the range begins */
  address_t device;
  address_t inode;
  address_t retried; /* the page whose access was let run again last, plus how often */
};

/* The table's first 64 bytes. */
struct table {
  volatile u32 used; /* slots in use are all below this index */
  u32 page_size;
  u32 unused[14];
  struct slot slots[];
};

/* The same on every POSIX system. */
enum { PROTECT_READ = 1, PROTECT_WRITE = 2, MAP_PRIVATE = 2, MAP_FIXED = 16 };

/* How often an access runs again before its page gets a private copy. */
#define COPIED 8

/* How often the length of a file is looked at before its device is said to be broken. */
#define LOOKS 64

/* Mappings kept to be given up at the limit of mappings, where not even one that replaces another is granted. */
#define RESERVE_COUNT 16

/* A piece of memory that has no storage, and what to lay there: a private copy of a file, or zeros (-1). */
struct piece {
  address_t from;
  address_t to;
  int file;
  address_t offset;
};

/*
 * The functions of the C library that are needed, handed over by address: linking against the library would
 * take its development files, which a machine that only runs programs does not have.
 */
static void *(*map_pages)(void *, unsigned long, int, int, int, long);
static int (*unmap_pages)(void *, unsigned long);
static int (*set_action)(int, const void *, void *);
static long (*system_call)(long, long, long, long);

static struct table *table;
static volatile u32 *fault_seen;
static struct action previous;
static char *reserve;

#ifdef SYSCALL_FSTAT
/* The first words of struct stat, of which st_dev, st_ino and st_size are those below. */
struct status {
  address_t device;
  address_t inode;
  address_t others[4];
  address_t size;
  address_t rest[25];
};

static int can_probe;

static int stat_file(int file, struct status *status) {
  return file >= 0 && system_call(SYSCALL_FSTAT, file, (long)status, 0) == 0;
}

/* A device has no length to compare with. */
static int is_regular(struct status *status) {
  return (*(u32 *)((char *)status + STAT_MODE_OFFSET) & 0170000) == 0100000;
}

static int is_readable(address_t page) {
  return system_call(SYSCALL_MADVISE, (long)page, table->page_size, ADVICE_POPULATE) == 0;
}

static int is_in_memory(int file) {
  long status[16];
  return system_call(SYSCALL_FSTATFS, file, (long)status, 0) == 0 && status[0] == TMPFS_MAGIC;
}
#endif

#ifdef SYSCALL_FSTAT
/* Whether a page is behind the end of its file; if so, the piece becomes all that is. */
static int is_behind(struct slot *slot, address_t page, struct status *status, struct piece *piece) {
  address_t length = status->size > slot->offset ? status->size - slot->offset : 0;
  address_t mask = (address_t)table->page_size - 1;
  address_t end = slot->start + ((length + mask) & ~mask);
  if (page < end) return 0;
  piece->from = end;
  piece->to = slot->end;
  return 1;
}
#endif

/* Why a page of a range has faulted, and which piece has no storage: NONE when the access may run again. */
static enum cause examine(struct slot *slot, address_t page, struct piece *piece) {
  piece->from = page;
  piece->to = page + table->page_size;
  piece->file = -1;
  piece->offset = 0;
#ifdef SYSCALL_FSTAT
  struct status status;
  if (!stat_file(slot->file, &status)) return UNKNOWN;
  if (status.device != slot->device || status.inode != slot->inode) return UNKNOWN; /* somebody else's by now */
  if (is_behind(slot, page, &status, piece)) return TRUNCATED;
  /*
   * Inside the file, so this page and no other. But it may have been truncated and have grown back meanwhile, or
   * found room: the access runs again, a few times where that costs no reading of a broken device.
   */
  address_t times = slot->retried - page;
  if (times > COPIED + 1) times = 0;
  slot->retried = page + times + 1;
  if (times == 0) return NONE;
  if (can_probe && is_readable(page)) {
    if (times < COPIED) return NONE;
    /* A store for which no storage was found: it goes to a copy, beside the data that the page has. */
    if (times == COPIED) {
      piece->file = slot->file;
      piece->offset = slot->offset + (page - slot->start);
    }
    return NO_SPACE;
  }
  for (int looks = 0; looks < LOOKS; looks++) {
    if (stat_file(slot->file, &status) && is_behind(slot, page, &status, piece)) return TRUNCATED;
  }
  if (times == 1) return NONE;
  /* A file in memory takes storage to be read, too. */
  return !can_probe || is_in_memory(slot->file) ? NO_SPACE : DEVICE;
#else
  return UNKNOWN;
#endif
}

static int lay(address_t from, address_t to, int file, address_t offset) {
  int flags = MAP_PRIVATE | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0);
  int protection = PROTECT_READ | PROTECT_WRITE;
  return map_pages((void *)from, to - from, protection, flags, file, offset) == (void *)from;
}

/* Neighbours of different protection, which the system does not merge into one. */
static void fill_reserve(void) {
  address_t size = table->page_size;
  char *pages = map_pages(0, RESERVE_COUNT * size, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == (char *)-1) return;
  for (int i = 1; i < RESERVE_COUNT; i += 2) {
    map_pages(pages + i * size, size, PROTECT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
  }
  reserve = pages;
}

static void give_up_reserve(void) {
  if (reserve) unmap_pages(reserve, RESERVE_COUNT * (address_t)table->page_size);
  reserve = 0;
}

static void on_bus_error(int signal, void *info, void *context) {
  address_t address = *(address_t *)((char *)info + SIGINFO_ADDRESS_OFFSET);
  address_t page = address & ~((address_t)table->page_size - 1);
  /*
   * More than one slot may match: one whose range the collector has unmapped may not be free yet. What all of
   * them agree on is laid, and zeros then.
   */
  address_t start = 0, end = ~(address_t)0, from = 0, to = end, offset = 0;
  int found = 0, file = -1;
  for (u32 i = 0; i < table->used; i++) {
    struct slot *slot = &table->slots[i];
    struct piece piece;
    if (address < slot->start || address >= slot->end) continue;
    enum cause cause = examine(slot, page, &piece);
    if (cause == NONE) return;
    found++;
    if (slot->cause == NONE) {
      slot->position = address - slot->start;
      slot->cause = cause;
    }
    if (slot->start > start) start = slot->start;
    if (slot->end < end) end = slot->end;
    if (piece.from > from) from = piece.from;
    if (piece.to < to) to = piece.to;
    file = piece.file;
    offset = piece.offset;
  }
  if (found > 0) {
    *fault_seen = 1;
    if (reserve && lay(from, to, found == 1 ? file : -1, offset)) return;
    /* The limit of mappings: a piece is one or two more. The whole range is none, but asks for being below it. */
    give_up_reserve();
    if (lay(start, end, -1, 0)) return;
  }
  if ((address_t)previous.handler > 1 && (previous.flags & FLAG_SIGINFO)) {
    previous.handler(signal, info, context);
  } else {
    set_action(signal, &previous, 0); /* back to the default; the access runs again and ends the process */
  }
}

int install(
  void *shared_table,
  u32 page_size,
  void *shared_flag,
  void *mmap_address,
  void *munmap_address,
  void *sigaction_address,
  void *syscall_address
) {
  struct action action;
  map_pages = mmap_address;
  unmap_pages = munmap_address;
  set_action = sigaction_address;
  system_call = syscall_address;
  for (u32 i = 0; i < sizeof action; i++) ((char *)&action)[i] = 0;
  table = shared_table;
  table->page_size = page_size;
  fault_seen = shared_flag;
#ifdef SYSCALL_FSTAT
  can_probe = is_readable((address_t)table);
#endif
  action.handler = on_bus_error;
  action.flags = FLAG_SIGINFO | FLAG_ONSTACK;
  return set_action(SIGNAL_BUS, &action, &previous);
}

/* Begins to watch a range of whole pages; the slot is free. */
void watch(u32 index, address_t start, address_t length, int file, address_t offset) {
  struct slot *slot = &table->slots[index];
  if (!reserve) fill_reserve();
  if (index >= table->used) table->used = index + 1;
#ifdef SYSCALL_FSTAT
  struct status status;
  slot->file = stat_file(file, &status) && is_regular(&status) ? file : -1;
  slot->device = status.device;
  slot->inode = status.inode;
  slot->offset = offset;
#endif
  slot->start = start;
  slot->end = start + length;
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
