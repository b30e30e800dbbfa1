#include "two.h"
int twice(int x) { return 2 * x; }
int add(int x, char *y) { return x + *y; }
int limit = 5;
int old_style(int x) { return x - 1; }
