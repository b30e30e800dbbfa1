struct item { int n; };
static inline int weight(struct item i) { return i.n; }
int heavier(int);
