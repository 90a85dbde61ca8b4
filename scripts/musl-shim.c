/* What GCC's C++ library expects of glibc and musl has not, for `musl.ts`. */
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>

char __libc_single_threaded = 0;

__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;

uint32_t arc4random(void) {
  uint32_t value;
  getrandom(&value, sizeof value, 0);
  return value;
}

/* As in glibc's <dlfcn.h>: how the unwinder finds the frames of an address. */
struct dl_find_object {
  unsigned long long flags;
  void *map_start, *map_end;
  struct link_map *link_map;
  void *eh_frame;
  unsigned long long reserved[7];
};

struct search {
  uintptr_t pc;
  struct dl_find_object *result;
};

static int look(struct dl_phdr_info *info, size_t size, void *data) {
  struct search *search = data;
  uintptr_t begin = UINTPTR_MAX, end = 0, frames = 0;
  int is_found = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    uintptr_t from = info->dlpi_addr + header->p_vaddr, to = from + header->p_memsz;
    if (header->p_type == PT_GNU_EH_FRAME) frames = from;
    if (header->p_type != PT_LOAD) continue;
    if (from < begin) begin = from;
    if (to > end) end = to;
    if (search->pc >= from && search->pc < to) is_found = 1;
  }
  if (!is_found || frames == 0) return 0;
  search->result->flags = 0;
  search->result->map_start = (void *)begin;
  search->result->map_end = (void *)end;
  search->result->link_map = NULL;
  search->result->eh_frame = (void *)frames;
  return 1;
}

int _dl_find_object(void *pc, struct dl_find_object *result) {
  struct search search = {(uintptr_t)pc, result};
  return dl_iterate_phdr(look, &search) ? 0 : -1;
}
