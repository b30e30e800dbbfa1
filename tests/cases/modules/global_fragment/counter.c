#include "counter.h"
int twice(int x) { counter_calls++; return 2 * x; }
int fragment_value(void);
int call_fragment(void) { return fragment_value(); }
