struct options { VALUE value; };
static inline VALUE read(struct options o) { return o.value; }
static int helper(VALUE);
static int helper(VALUE v) { return sizeof v; }
