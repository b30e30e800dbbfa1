static int counter;
static const int step = 2;
static inline int counted(void) { static int n = 10; return n += step; }
static inline int pure(int x) { static const int table[] = {5, 6}; return table[x]; }
