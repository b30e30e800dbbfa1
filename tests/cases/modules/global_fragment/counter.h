#define COUNTER_START 40
extern int counter_calls;
typedef struct counter { int value; } counter;
