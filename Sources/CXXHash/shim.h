// XXH3 is declared only where static linking is allowed on releases before 0.8.
#include <xxhash.h>
