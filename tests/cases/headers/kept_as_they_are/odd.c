#include "odd.h"
int real_name(int x) { return x + 1; }
int (parenthesised)(int x) { return x + 2; }
int attributed(int x) { return x + 3; }
int (*returns_function(int x))(int) { return x ? attributed : real_name; }
