/* The bcryptprimitives.dll that Bun for Windows asks for and Wine 8 has not: one function, over an older one. */

typedef unsigned char BOOLEAN;
typedef unsigned long ULONG;

/* RtlGenRandom of advapi32.dll. */
__declspec(dllimport) BOOLEAN __stdcall SystemFunction036(void *bytes, ULONG count);

__declspec(dllexport) int ProcessPrng(unsigned char *bytes, unsigned long long count) {
  while (count > 0) {
    ULONG part = count > 0x10000000 ? 0x10000000 : (ULONG)count;
    if (!SystemFunction036(bytes, part)) return 0;
    bytes += part;
    count -= part;
  }
  return 1;
}
