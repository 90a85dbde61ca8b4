#!/bin/sh
# The good guess: who closes a handle gives its file descriptor back, to himself and to the system.
# What happens under Wine: while anybody has a byte of a file locked, wineserver keeps a descriptor for each handle of that file
# that is closed, by whatever process, until the last lock is gone: closing one would take all locks of that (POSIX) process,
# wineserver's. So whoever looks at a locked file again and again ends in STATUS_TOO_MANY_OPENED_FILES, and everybody with him.
# To ask the file's directory for it (FindFirstFile) opens nothing.
# Seen with: Wine 8.0 (Debian), Linux 6.18 x64
# Needs Debian's packages wine64 and gcc-mingw-w64-x86-64.
set -eu
wine=/usr/lib/wine/wine64
server=/usr/lib/wine/wineserver64
compiler=x86_64-w64-mingw32-gcc
for program in "$wine" "$server" "$compiler"; do
  command -v "$program" > /dev/null || { echo "no $program: apt-get install -y wine64 gcc-mingw-w64-x86-64"; exit 77; }
done
folder=$(mktemp -d)
export WINEPREFIX="$folder/prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
trap '"$server" -k -w || true; rm -rf "$folder"' EXIT
cat > "$folder/locked.c" <<'C'
#include <stdio.h>
#include <windows.h>

static HANDLE open_file(void) {
  return CreateFileA("locked.bin", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
}

static void pause_for(const char *what) {
  char line[16];
  printf("%s\n", what);
  fflush(stdout);
  fgets(line, sizeof line, stdin);
}

int main(void) {
  HANDLE holder = open_file();
  for (int i = 0; i < 200; i++) CloseHandle(open_file());
  pause_for("closed");
  if (!LockFile(holder, 0, 1, 1, 0)) return 2;
  for (int i = 0; i < 200; i++) CloseHandle(open_file());
  pause_for("closed while locked");
  UnlockFile(holder, 0, 1, 1, 0);
  pause_for("unlocked");
  return 0;
}
C
cd "$folder"
"$compiler" -O1 -o locked.exe locked.c
"$wine" --version
uname -srm
mkfifo orders
"$wine" locked.exe < orders > answers &
exec 3> orders
seen=""
for what in closed "closed while locked" unlocked; do
  until grep -q "^$what.\{0,1\}$" answers; do sleep 0.1; done
  count=$(find /proc/[0-9]*/fd -lname "$folder/locked.bin" 2> /dev/null | wc -l)
  echo "$what: $count descriptors of the file"
  seen="$seen$count "
  echo >&3
done
exec 3>&-
wait $! || exit 1
set -- $seen
[ "$1" -lt 10 ] && [ "$2" -gt 200 ] && [ "$3" -lt 10 ] || { echo "behaviour has changed"; exit 1; }
