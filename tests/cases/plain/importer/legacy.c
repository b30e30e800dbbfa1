#include "legacy.h"
int legacy(int x) { return callback(x) + 1; }
