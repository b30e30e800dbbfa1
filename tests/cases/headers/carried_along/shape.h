#ifndef SHAPE_H
#define SHAPE_H
#define SHAPE_MAX 3
typedef unsigned long area_t;
enum shape_kind { SHAPE_BOX, SHAPE_DISC = SHAPE_MAX };
struct shape { enum shape_kind kind; area_t area[SHAPE_MAX]; struct shape_impl *impl; };
typedef int shape_visitor(const struct shape *, void *);
extern int shape_count;
int shape_visit(const struct shape *s, shape_visitor *visit, void *data);
static inline area_t shape_sum(const struct shape *s) { return s->area[0] + s->area[1] + s->area[2]; }
#endif
