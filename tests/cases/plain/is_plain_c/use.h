#ifndef USE_H
#define USE_H
struct later;
int use(struct later *);
#endif
