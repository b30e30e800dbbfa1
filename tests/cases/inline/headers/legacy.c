int legacy_calls;
int legacy(int x) { legacy_calls++; return x + 1; }
