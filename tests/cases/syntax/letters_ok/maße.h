#ifndef MAßE_H
#define MAßE_H
typedef struct länge { int meter; } länge_t;
enum größe { klein = 1, groß };
#define DOPPELT(Zahl) ((Zahl) + (Zahl))
static inline int fläche(länge_t a, länge_t b) { return a.meter * b.meter; }
extern int äußeres;
#endif
