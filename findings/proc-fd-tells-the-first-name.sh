#!/bin/sh
# The good guess: /proc/<pid>/fd says "(deleted)" for a file that has no name any more.
# What happens: it shows the name by which the file was opened. A file that was made under one name, linked to another
# and has lost the first shows the first and "(deleted)", although it has a name and everybody can open it by that.
# Who looks for removed files there has to look at the number of links instead.
# Seen with: Linux 6.18.44 (tmpfs and ext4 alike)
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
uname -r
exec 3> "$work/first"
ln "$work/first" "$work/second"
rm "$work/first"
shown=$(readlink "/proc/$$/fd/3")
links=$(stat --dereference --format %h "/proc/$$/fd/3")
echo "shown: $shown, links: $links"
[ "$shown" = "$work/first (deleted)" ] && [ "$links" = 1 ] && [ -e "$work/second" ]
