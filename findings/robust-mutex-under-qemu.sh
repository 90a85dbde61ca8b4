#!/bin/sh
# The good guess: where pthread_mutexattr_setrobust and pthread_mutex_init succeed, the mutex is robust: after its owner was
# killed, the next one gets it with EOWNERDEAD. Where the kernel cannot do that, one of the two fails.
# What happens: under qemu's user mode (containers of another architecture) both succeed with glibc, and the mutex of a
# killed owner stays locked for ever: qemu has neither set_robust_list nor get_robust_list, and glibc does not tell.
# get_robust_list fails with ENOSYS there, which is how to find out.
# Seen with: glibc 2.36, qemu-user 7.2 (qemu-x86_64 running a program of its own architecture), Linux 6.18.
# Needs gcc and Debian's package qemu-user.
set -eu
command -v qemu-x86_64 > /dev/null || { echo "no qemu-x86_64: apt-get install -y qemu-user"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/robust.c" <<'C'
#include <errno.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  pthread_mutexattr_t attributes;
  pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  int robust = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  int made = pthread_mutex_init(mutex, &attributes);
  pid_t owner = fork();
  if (owner == 0) {
    pthread_mutex_lock(mutex);
    kill(getpid(), SIGKILL);
  }
  waitpid(owner, NULL, 0);
  int next = pthread_mutex_trylock(mutex);
  void *head;
  size_t length;
  int list = syscall(SYS_get_robust_list, 0, &head, &length) == 0 ? 0 : errno;
  printf("glibc %s: setrobust %d, init %d, trylock after the owner was killed: %s, get_robust_list: %s\n",
         gnu_get_libc_version(), robust, made, strerror(next), strerror(list));
  return robust != 0 || made != 0 ? 3 : next == EOWNERDEAD && list == 0 ? 0 : next == EBUSY && list == ENOSYS ? 1 : 2;
}
C
gcc -O1 -pthread -o "$folder/robust" "$folder/robust.c"
uname -sr
qemu-x86_64 --version | head -1
"$folder/robust"
status=0
qemu-x86_64 "$folder/robust" || status=$?
[ "$status" -eq 1 ]
