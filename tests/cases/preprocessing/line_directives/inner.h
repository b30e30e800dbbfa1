#line 2 "m.cm"
static inline int given(int x) { return x + 1; }
