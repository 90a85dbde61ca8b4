/*
 * What the hardware allows: the same work as the benchmark's, without a runtime.
 *
 *   reference ping COUNT          round trips over two words in shared memory, both sides spinning: ns each
 *   reference ring COUNT BATCH    records of 64 bytes over a ring, published every BATCH: records per second
 *   reference copy BYTES COUNT    memcpy of BYTES, in and out of shared memory: bytes per second
 *   reference mapped PATH SUM     map a file window by window, look once at every page, unmap: ns per page of 4 KiB
 *   reference read PATH SUM       read a file piece by piece into one buffer, look once at every page: ns per page of 4 KiB
 *   reference stored PATH BYTES   make a file, map it, fill it from its beginning to its end as a journal does: ns per page of 4 KiB
 *   reference count PATH COUNT    read a file into memory that the second cache holds, count line feeds there: bytes per second
 *   reference mapcount PATH COUNT the same where a mapping shows the bytes, without a copy: bytes per second
 *   reference histogram PATH COUNT PROCESSES   read a file, count all byte values by pairs: bytes per second
 *
 * Everything that arrives is added up and compared; a wrong sum ends the program with 1.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 1 << 16, WORDS = 8 };
/* What MemoryMappedFile.chunks maps at a time; what its kernels are given, and the buffer that the benchmark's readSync fills. */
enum { PAGE = 4096, WINDOW = 8 << 20, PIECE = 256 << 10 };
/* MADV_POPULATE_WRITE, which older headers lack. */
enum { POPULATE_WRITE = 23 };
enum { VECTOR = 16, STEP = 4 * VECTOR, PAIRS = 1 << 16 };

/* Two cache lines apart, because CPUs fetch them in pairs. */
struct shared {
  _Alignas(128) _Atomic uint64_t tail;
  _Alignas(128) _Atomic uint64_t head;
  _Alignas(128) double slots[SLOTS][WORDS];
};

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void *share(size_t bytes) {
  void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  memset(p, 0, bytes);
  return p;
}

static void end(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) exit(1);
}

static void ping(uint64_t count) {
  struct shared *s = share(sizeof *s);
  pid_t child = fork();
  if (child == 0) {
    for (uint64_t i = 1; i <= count; i++) {
      while (atomic_load_explicit(&s->tail, memory_order_acquire) != i);
      atomic_store_explicit(&s->head, i, memory_order_release);
    }
    _exit(0);
  }
  double start = 0;
  for (uint64_t i = 1; i <= count; i++) {
    if (i == count / 2) start = now_ns();
    atomic_store_explicit(&s->tail, i, memory_order_release);
    while (atomic_load_explicit(&s->head, memory_order_acquire) != i);
  }
  double elapsed = now_ns() - start;
  end(child);
  printf("%.3f\n", elapsed / (count - count / 2));
}

static void produce(struct shared *s, uint64_t count, uint64_t batch) {
  uint64_t head = 0;
  for (uint64_t i = 0; i < count; i++) {
    while (i - head >= SLOTS) {
      /* What is held back must be seen, or the other side waits for ever. */
      atomic_store_explicit(&s->tail, i, memory_order_release);
      head = atomic_load_explicit(&s->head, memory_order_acquire);
    }
    double *slot = s->slots[i & (SLOTS - 1)];
    for (int w = 0; w < WORDS; w++) slot[w] = (double)(i + w);
    if ((i + 1) % batch == 0) atomic_store_explicit(&s->tail, i + 1, memory_order_release);
  }
  atomic_store_explicit(&s->tail, count, memory_order_release);
}

static void ring(uint64_t count, uint64_t batch) {
  struct shared *s = share(sizeof *s);
  pid_t child = fork();
  if (child == 0) {
    produce(s, count, batch);
    _exit(0);
  }
  double sum = 0, expected = 0, start = 0;
  uint64_t tail = 0;
  for (uint64_t i = 0; i < count; i++) {
    if (i == count / 2) start = now_ns();
    if (i == tail) {
      atomic_store_explicit(&s->head, i, memory_order_release);
      while ((tail = atomic_load_explicit(&s->tail, memory_order_acquire)) == i);
    }
    const double *slot = s->slots[i & (SLOTS - 1)];
    for (int w = 0; w < WORDS; w++) sum += slot[w];
  }
  double elapsed = now_ns() - start;
  end(child);
  for (uint64_t i = 0; i < count; i++) expected += 8.0 * i + 28;
  if (sum != expected) exit(1);
  printf("%.0f\n", (count - count / 2) / elapsed * 1e9);
}

static void copy(size_t bytes, uint64_t count) {
  char *shared = share(bytes), *source = malloc(bytes), *target = malloc(bytes);
  if (!source || !target) exit(1);
  memset(source, 7, bytes);
  memset(target, 0, bytes);
  double start = 0;
  for (uint64_t i = 0; i < count; i++) {
    if (i == count / 2) start = now_ns();
    source[i % bytes] = (char)i;
    memcpy(shared, source, bytes);
    memcpy(target, shared, bytes);
    if (target[i % bytes] != (char)i) exit(1);
  }
  double elapsed = now_ns() - start;
  if (memcmp(source, target, bytes) != 0) exit(1);
  printf("%.0f\n", (double)bytes * (count - count / 2) / elapsed * 1e9);
}

static uint32_t first_words(const char *bytes, size_t length) {
  uint32_t sum = 0, word;
  for (size_t at = 0; at < length; at += PAGE) {
    memcpy(&word, bytes + at, sizeof word);
    sum += word;
  }
  return sum;
}

static uint32_t look_mapped(int fd, size_t length) {
  uint32_t sum = 0;
  for (size_t at = 0; at < length; at += WINDOW) {
    size_t bytes = length - at < WINDOW ? length - at : WINDOW;
    char *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, (off_t)at);
    if (p == MAP_FAILED) exit(1);
    madvise(p, bytes, MADV_SEQUENTIAL);
    sum += first_words(p, bytes);
    munmap(p, bytes);
  }
  return sum;
}

static uint32_t look_read(int fd, size_t length) {
  static char buffer[PIECE];
  uint32_t sum = 0;
  for (size_t at = 0; at < length;) {
    ssize_t bytes = pread(fd, buffer, PIECE, (off_t)at);
    if (bytes <= 0) exit(1);
    sum += first_words(buffer, (size_t)bytes);
    at += (size_t)bytes;
  }
  return sum;
}

/* The first of two passes brings the file into the page cache. */
static void pages(const char *path, uint32_t expected, uint32_t (*look)(int, size_t)) {
  struct stat status;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &status) != 0) exit(1);
  size_t length = (size_t)status.st_size;
  if (look(fd, length) != expected) exit(1);
  double start = now_ns();
  if (look(fd, length) != expected) exit(1);
  printf("%.3f\n", (now_ns() - start) / ((double)length / PAGE));
  close(fd);
}

typedef uint8_t vector __attribute__((vector_size(VECTOR)));

/* The kernel of count: 64 counters of 8 bits, added up before any can overflow. */
/* Pages are brought into the mapping a piece ahead, by one call, and then filled. */
static void store(const char *path, size_t length) {
  static char page[PAGE];
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || posix_fallocate(fd, 0, (off_t)length) != 0) exit(1);
  char *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED) exit(1);
  memset(page, 1, PAGE);
  double start = now_ns();
  for (size_t at = 0; at < length; at += PAGE) {
    if (at % PIECE == 0) madvise(p + at, length - at < PIECE ? length - at : PIECE, POPULATE_WRITE);
    memcpy(p + at, page, PAGE);
  }
  double elapsed = now_ns() - start;
  if (first_words(p, length) != (uint32_t)(length / PAGE * 0x01010101u)) exit(1);
  unlink(path);
  printf("%.3f\n", elapsed / (double)(length / PAGE));
}

static uint64_t count_line_feeds(const uint8_t *bytes, size_t length) {
  const vector zeros = {0}, wanted = zeros + '\n';
  uint64_t total = 0;
  size_t at = 0;
  while (length - at >= STEP) {
    vector found[4] = {zeros, zeros, zeros, zeros};
    size_t steps = (length - at) / STEP < 255 ? (length - at) / STEP : 255;
    for (size_t stop = at + steps * STEP; at < stop; at += STEP) {
      for (int i = 0; i < 4; i++) {
        vector some;
        memcpy(&some, bytes + at + VECTOR * i, VECTOR);
        found[i] -= (vector)(some == wanted);
      }
    }
    for (int i = 0; i < 4; i++)
      for (int lane = 0; lane < VECTOR; lane++) total += found[i][lane];
  }
  for (; at < length; at++) total += bytes[at] == '\n';
  return total;
}

static uint64_t count_read(int fd, size_t from, size_t to) {
  static uint8_t block[PIECE];
  uint64_t total = 0;
  for (size_t at = from; at < to;) {
    ssize_t bytes = pread(fd, block, to - at < PIECE ? to - at : PIECE, (off_t)at);
    if (bytes <= 0) exit(1);
    total += count_line_feeds(block, (size_t)bytes);
    at += (size_t)bytes;
  }
  return total;
}

static uint64_t count_mapped(int fd, size_t from, size_t to) {
  uint64_t total = 0;
  for (size_t at = from; at < to; at += WINDOW) {
    size_t bytes = to - at < WINDOW ? to - at : WINDOW;
    uint8_t *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, (off_t)at);
    if (p == MAP_FAILED) exit(1);
    total += count_line_feeds(p, bytes);
    munmap(p, bytes);
  }
  return total;
}

/* The kernel of histogram: pairs of bytes. Gives how many line feeds there are. */
static uint64_t count_pairs(int fd, size_t from, size_t to) {
  static uint8_t block[PIECE];
  static uint32_t pairs[PAIRS];
  uint64_t total = 0;
  memset(pairs, 0, sizeof pairs);
  for (size_t at = from; at < to;) {
    ssize_t bytes = pread(fd, block, to - at < PIECE ? to - at : PIECE, (off_t)at);
    if (bytes <= 0 || bytes % 2 != 0) exit(1);
    for (ssize_t i = 0; i < bytes; i += 16) {
      uint16_t some[8];
      memcpy(some, block + i, sizeof some);
      for (int lane = 0; lane < 8; lane++) pairs[some[lane]]++;
    }
    at += (size_t)bytes;
  }
  for (int pair = 0; pair < PAIRS; pair++)
    total += (uint64_t)pairs[pair] * ((pair % 256 == '\n') + (pair / 256 == '\n'));
  return total;
}

/* One process for each part of a file, which is whole MiB long; the first of two passes warms up. */
static void scan(const char *path, uint64_t expected, uint64_t processes,
                 uint64_t (*look)(int, size_t, size_t)) {
  struct stat status;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &status) != 0) exit(1);
  size_t length = (size_t)status.st_size, part = length / processes;
  if (look(fd, 0, length) != expected) exit(1);
  _Atomic uint64_t *total = share(sizeof *total);
  double start = now_ns();
  for (uint64_t i = 1; i < processes; i++) {
    if (fork() != 0) continue;
    atomic_fetch_add(total, look(fd, i * part, i + 1 == processes ? length : (i + 1) * part));
    _exit(0);
  }
  atomic_fetch_add(total, look(fd, 0, part));
  while (wait(NULL) > 0);
  double elapsed = now_ns() - start;
  if (*total != expected) exit(1);
  printf("%.0f\n", (double)length / elapsed * 1e9);
  close(fd);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  uint64_t a = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
  uint64_t b = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
  if (strcmp(what, "ping") == 0 && a > 1) ping(a);
  else if (strcmp(what, "ring") == 0 && a > 1 && b > 0) ring(a, b);
  else if (strcmp(what, "copy") == 0 && a > 0 && b > 1) copy(a, b);
  else if (strcmp(what, "mapped") == 0 && argc > 3) pages(argv[2], (uint32_t)b, look_mapped);
  else if (strcmp(what, "read") == 0 && argc > 3) pages(argv[2], (uint32_t)b, look_read);
  else if (strcmp(what, "stored") == 0 && argc > 3) store(argv[2], (size_t)b);
  else if (strcmp(what, "count") == 0 && argc > 3) scan(argv[2], b, 1, count_read);
  else if (strcmp(what, "mapcount") == 0 && argc > 3) scan(argv[2], b, 1, count_mapped);
  else if (strcmp(what, "histogram") == 0 && argc > 4 && atoi(argv[4]) > 0)
    scan(argv[2], b, (uint64_t)atoi(argv[4]), count_pairs);
  else return 2;
  return 0;
}
