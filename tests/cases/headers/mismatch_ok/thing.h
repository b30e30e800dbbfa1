#ifdef WIDE
struct wide { long x; };
#endif
struct thing { int x; };
