#ifdef WIDE
struct options { long value; };
#else
struct options { int value; };
#endif
