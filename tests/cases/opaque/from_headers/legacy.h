struct legacy {int x; struct inner {int y;} in;};
typedef struct legacy legacy_t;
enum mode {OFF, ON};
