#!/bin/sh
# The good guess: a process-shared mutex of the C library works between containers that share memory, as it does between
# processes: the kernel's part of it (futex, robust list) knows processes, whatever their numbers are.
# What happens: glibc writes the number of the owning thread, as its own PID namespace counts, into the mutex, and takes
# the mutex for its own when it finds its own number there. The first process of every container is number 1. So one
# that tries to lock what the other's holds is told EDEADLK; of a recursive mutex both become owners at once; and of an
# error-checking one each can unlock what the other holds.
# Seen with: glibc 2.36, gcc 12.2, Linux 6.18. Needs root, or the right to make PID namespaces, and gcc.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/mutex.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared { pthread_mutex_t mutex; int held; };

static void make(struct shared *shared, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, type);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&shared->mutex, &attributes);
}

/* Runs something as the first process of a PID namespace of its own; the parent goes on. */
static pid_t first_process(int (*run)(struct shared *), struct shared *shared) {
  pid_t parent = fork();
  if (parent != 0) return parent;
  if (unshare(CLONE_NEWPID) != 0) { perror("unshare"); _exit(77); }
  pid_t child = fork();
  if (child == 0) _exit(run(shared));
  int status;
  waitpid(child, &status, 0);
  _exit(WEXITSTATUS(status));
}

static int hold(struct shared *shared) {
  if (getpid() != 1 || pthread_mutex_lock(&shared->mutex) != 0) return 99;
  __atomic_store_n(&shared->held, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&shared->held, __ATOMIC_SEQ_CST) == 1) usleep(1000);
  return 0;
}

static int try_lock(struct shared *shared) { return pthread_mutex_trylock(&shared->mutex); }
static int unlock(struct shared *shared) { return pthread_mutex_unlock(&shared->mutex); }

static int code_of(pid_t pid) {
  int status;
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

static int attempt(const char *what, int type, int (*run)(struct shared *), int expected) {
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(shared, 0, sizeof *shared);
  make(shared, type);
  pid_t holder = first_process(hold, shared);
  for (int i = 0; i < 5000 && __atomic_load_n(&shared->held, __ATOMIC_SEQ_CST) == 0; i++) {
    if (waitpid(holder, NULL, WNOHANG) != 0) return 77;
    usleep(1000);
  }
  int found = code_of(first_process(run, shared));
  __atomic_store_n(&shared->held, 2, __ATOMIC_SEQ_CST);
  waitpid(holder, NULL, 0);
  printf("%s: %s\n", what, found == 0 ? "success" : strerror(found));
  return found == expected ? 0 : 1;
}

int main(void) {
  setbuf(stdout, NULL);
  printf("glibc %s; number 1 of one namespace holds it, number 1 of another\n", gnu_get_libc_version());
  int first = attempt("tries to lock an error-checking mutex", PTHREAD_MUTEX_ERRORCHECK, try_lock, EDEADLK);
  if (first == 77) { puts("cannot make a PID namespace here"); return 77; }
  return first | attempt("tries to lock a recursive mutex", PTHREAD_MUTEX_RECURSIVE, try_lock, 0)
    | attempt("unlocks an error-checking mutex", PTHREAD_MUTEX_ERRORCHECK, unlock, 0);
}
C
gcc -O1 -pthread -o "$folder/mutex" "$folder/mutex.c"
uname -sr
"$folder/mutex"
