#include "shape.h"
int shape_count;
int shape_visit(const struct shape *s, shape_visitor *visit, void *data) { shape_count++; return visit(s, data); }
