#include <zlib.h>

/* inflateInit2 is a macro that adds the version of the header. Negative bits: raw deflate, as in zip archives. */
static inline int czlib_inflate_init_raw(z_streamp stream) { return inflateInit2(stream, -MAX_WBITS); }
