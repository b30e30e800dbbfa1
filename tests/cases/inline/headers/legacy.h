#define SCALE 3
#define TWICE(x) ((x) + (x))
struct point { int x, y; };
typedef int (*measure)(struct point);
static inline int area(struct point p) { return p.x * p.y; }
static int unit(void) { return SCALE; }
static const int offset = 1;
extern int legacy_calls;
int legacy(int);
