#include "system.h"
typedef struct ALIGNED { int a; } Aligned;
struct PACKED ALIGNED Both { char c; int b; };
union __attribute__((aligned(
    32))) Wide { int w; };
enum PACKED Small { LOW, HIGH };
