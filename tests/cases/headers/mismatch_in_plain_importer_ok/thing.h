#ifdef WIDE
struct thing { long x; };
#else
struct thing { int x; };
#endif
