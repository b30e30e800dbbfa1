#include "legacy.h"
int callback_for_legacy(int x);
extern int variable_for_legacy;
int legacy_calls;
int legacy_add(int a, int b) { legacy_calls++; return a + b; }
int run_callback(void) { return callback_for_legacy(4) + variable_for_legacy; }
