#!/bin/sh
# Good guess: a killed process is gone at one moment: whoever waits for its lock, its pipe's end or the process itself learns of it together.
# What happens: the kernel first goes through the list of robust mutexes, then takes the memory apart, and only then closes files. Who
# waits for a robust mutex gets EOWNERDEAD within some tenths of a millisecond; the lock of a file, the end of a pipe and a process
# descriptor tell of it when all memory has been given back: 10 ms later for 64 MiB, 50 ms for 512 MiB. Whoever learns of a death by the
# mutex and then asks who holds the file's lock is told that the dead process lives.
# Seen with: Linux 6.18 x64, glibc 2.36, gcc 12.2 (Debian 12)
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > death.c <<'EOF'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shared {
  pthread_mutex_t mutex;
  volatile int ready;
};
static struct shared *shared;
static int ends[2];
static int process;
static double told[4];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void *wait_for_mutex(void *none) {
  if (pthread_mutex_lock(&shared->mutex) == EOWNERDEAD) told[0] = now();
  return none;
}

static void *wait_for_lock(void *none) {
  if (flock(open("lock", O_RDWR), LOCK_EX) == 0) told[1] = now();
  return none;
}

static void *wait_for_end(void *none) {
  char byte;
  if (read(ends[0], &byte, 1) == 0) told[2] = now();
  return none;
}

static void *wait_for_process(void *none) {
  struct pollfd poller = {.fd = process, .events = POLLIN};
  if (poll(&poller, 1, -1) == 1) told[3] = now();
  return none;
}

/** The process that is to be killed. */
static void live(size_t bytes) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
  close(ends[0]);
  if (flock(open("lock", O_RDWR), LOCK_EX) || pthread_mutex_lock(&shared->mutex)) _exit(2);
  shared->ready = 1;
  for (;;) pause();
}

int main(int count, char **words) {
  size_t mebibytes = count > 1 ? atoi(words[1]) : 64;
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&shared->mutex, &kind);
  close(open("lock", O_CREAT | O_RDWR, 0600));
  if (pipe(ends)) return 2;
  pid_t child = fork();
  if (child == 0) live(mebibytes << 20);
  close(ends[1]);
  process = syscall(SYS_pidfd_open, child, 0);
  while (!shared->ready) usleep(1000);
  void *(*waits[4])(void *) = {wait_for_mutex, wait_for_lock, wait_for_end, wait_for_process};
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, waits[i], NULL);
  usleep(200000);
  double began = now();
  kill(child, SIGKILL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  waitpid(child, NULL, 0);
  for (int i = 0; i < 4; i++) told[i] -= began;
  printf("%zu MiB, ms after SIGKILL: robust mutex %.1f, file lock %.1f, pipe %.1f, process %.1f\n", mebibytes, told[0], told[1], told[2], told[3]);
  return told[0] < told[1] / 2 && told[0] < told[2] / 2 && told[0] < told[3] / 2 ? 0 : 1;
}
EOF
gcc -O1 -pthread death.c -o death
uname -sr
seen=0
for mebibytes in 64 64 64 64 64 512 512 512; do
  if ./death "$mebibytes"; then seen=$((seen + 1)); fi
done
test "$seen" -ge 5
