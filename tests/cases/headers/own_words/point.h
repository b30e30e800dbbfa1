typedef unsigned int uint;
struct point { int x, y; };
extern int counter;
int shift(const struct point *);
