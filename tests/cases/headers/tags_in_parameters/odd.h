static inline int first(struct only_here { int x; } *p) { return p ? p->x : 0; }
int second(enum nor_here { NO } e);
int third(struct mentioned *p);
